# chat.bash - the chat room: the words of lesson 10's suite.

# x N: N letters, for a long line.
x() {
    printf '%0*d' "$1" 0 | tr 0 x
}

# refuses_names NAME...: the server sends an error to each client that gives one of
# these names, and closes its connection; nobody else hears of them.
refuses_names() {
    local name steps=()

    for name; do
        steps+=(connect send "$name\n" hear-error)
    done
    probe tcp "$address" join ann connect join bob "${steps[@]}" use 1 say hello use 2 say hello
}

# is_tossed_out NAME LINE: when NAME says LINE, NAME gets an error; the others hear
# that NAME has left, and nothing of LINE.
is_tossed_out() {
    probe tcp "$address" join "ann$1" connect join "bob$1" connect join "$1" send "$2" hear-error left "$1" \
        use 1 say hello use 2 say hello shut-down expect-end left "bob$1" use 1 shut-down expect-end
}

# serves_without_a_free_descriptor: of 22 clients of a server with 24 descriptors
# some wait, the others are served, and as some leave, all are.
serves_without_a_free_descriptor() {
    local come=() leave=() words=() n

    for n in {1..20}; do words+=(say "$n"); done
    for n in {3..22}; do # with a queue of five, all of them can connect
        come+=(connect)
    done
    for n in {3..21}; do
        leave+=(use "$n" close)
    done
    files=24 serve 127.0.0.1 0
    probe tcp "$address" join ann connect join bob "${come[@]}" run "$look_asleep" use 1 say hello run "$look_asleep" \
        use 2 say hi run "$look_idle" "${words[@]}" shut-down expect-end left bob "${leave[@]}" use 22 join bob \
        say hello connect join carl use 1 say hello
}

# survives_a_crowd COUNT: COUNT clients connect and say nothing.  The surplus may
# wait, or lose its connection; the two clients from before go on talking.
survives_a_crowd() {
    local come=() n

    allow "$(($1 + 100))"
    needs_proc
    for ((n = 0; n < $1; n++)); do come+=(dial); done
    serve_checked "$(($1 + 100))"
    probe -t $((4 * patience)) tcp "$address" join ann connect join bob "${come[@]}" run "$look_asleep" use 1 say hello \
        use 2 say hi run "$look_idle" use 1 say 'and again'
    probe tcp "$address" send 'carl\n' await
}

# fill_up N: set `filled` to steps by bob (2) after which the server holds N bytes for ann
# (1), who dozes, and its kernel takes not one of them.  Whatever arrives from ann lets
# the kernel enlarge a send buffer that is full, so she speaks until it is as large
# as it gets.  Carl (3) listens.
fill_up() {
    local long speaks piles=(use 2 pile-up "$1 $look_asleep")

    long=$(x 1000)
    speaks=(acknowledged use 1 send "$long\n$long\n$long\n$long\n$long\n" heard "$long" heard "$long" heard "$long"
        heard "$long" heard "$long" "${piles[@]}")
    filled=("${piles[@]}" "${speaks[@]}" "${speaks[@]}" "${speaks[@]}")
}

# client_as NAME: the arguments with which meet runs the client as NAME.
client_as() {
    printf '%s "$HOST" "$PORT"' "$1"
}

# typing TEXT: meet runs the client as ann, who has typed TEXT so far.
typing() {
    typed "$1"
    client_input=stdin client_arguments=$(client_as ann)
}
