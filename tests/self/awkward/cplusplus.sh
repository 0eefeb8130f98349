# What: is written in C++
# Left: 01-socket/server.cpp: C++; the lessons are in C
# Note: nothing to grade was found: the report lists what was left out, and why
mkdir 01-socket
echo 'int main() {}' >01-socket/server.cpp
