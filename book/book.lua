-- book.lua - what pandoc changes on the way from the repository to the book.
--
-- book/make runs pandoc once for each page, with nothing to read: this filter reads
-- the page's source, BOOK_SOURCE, and makes the page of it.  Without BOOK_SOURCE it
-- makes all pages into one, for the EPUB.  BOOK_PAGES is the list of all pages:
-- kind, source, page and title, with tabs between them.

local source = os.getenv("BOOK_SOURCE")
local repository = os.getenv("REPOSITORY") or ""
local epub = source == ""

local function read_file(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read("a")
    file:close()
    return text
end

local pages, by_source = {}, {}
for line in io.lines(os.getenv("BOOK_PAGES")) do
    local kind, src, page, title = line:match("^(%S+)\t([^\t]*)\t([^\t]*)\t(.*)$")
    local entry = { kind = kind, source = src, page = page, title = title }
    pages[#pages + 1] = entry
    by_source[src] = entry
end

---------------------------------------------------------------------------- paths

local function dir(path)
    return path:match("^(.*)/[^/]*$") or ""
end

-- What PATH means in a file of the directory FROM.
local function resolve(from, path)
    local parts = {}
    for part in (from .. "/" .. path):gmatch("[^/]+") do
        if part == ".." then
            parts[#parts] = nil
        elseif part ~= "." then
            parts[#parts + 1] = part
        end
    end
    return table.concat(parts, "/")
end

-- How the page PAGE points to the file PATH of the book.
local function relative(page, path)
    local from, to = dir(page) .. "/", path
    while true do -- what both have in common does not count
        local first = from:match("^[^/]+/")
        if not first or to:sub(1, #first) ~= first then
            break
        end
        from, to = from:sub(#first + 1), to:sub(#first + 1)
    end
    return from:gsub("^/", ""):gsub("[^/]+/", "../") .. to
end

-- The EPUB is one document, so there each heading's id begins with its page's.
local function page_id(entry)
    local name = entry.source:gsub("/README", ""):gsub("^lessons/", ""):gsub("^docs/", ""):gsub("%.md$", "")
    return "p-" .. name:gsub("[^%w-]", "-")
end

-- The address, seen from the page HERE, of the heading FRAGMENT on the page THERE.
local function address(here, there, fragment)
    if epub then
        -- Lines of programs have ids that only the web pages know.
        if fragment == "" or fragment:match("^L%-%d") then
            return "#" .. page_id(there)
        end
        return "#" .. page_id(there) .. "--" .. fragment
    end
    return relative(here.page, there.page) .. (fragment ~= "" and "#" .. fragment or "")
end

---------------------------------------------------------------------- what differs

-- A link to another file of the repository leads to its page.
local function link(here, el)
    local path, fragment = el.target:match("^([^#]*)#?(.*)$")
    if path:match("^%a+:") then
        return nil
    end
    if path == "" then
        el.target = address(here, here, fragment)
        if not epub then
            el.target = "#" .. fragment
        end
        return el
    end
    local file = resolve(dir(here.source), path)
    local there = by_source[file]
    if there then
        el.target = address(here, there, fragment)
    elseif repository ~= "" then
        el.target = repository .. "/tree/HEAD/" .. file
    else
        return el.content -- it is not in the book
    end
    return el
end

-- A picture can be opened by itself, to see it larger.
local function picture(here, el)
    local file = resolve(dir(here.source), el.src)
    if epub then
        el.src = file
        return el
    end
    el.src = relative(here.page, file)
    local width, height = read_file(file):match('viewBox="0 0 (%d+) (%d+)"')
    el.attributes.width, el.attributes.height = width, height
    return pandoc.Link({ el }, el.src, "", pandoc.Attr("", { "picture" }))
end

-- GitHub's boxes: a quotation whose first line is [!NOTE].
local function box(el)
    local first = el.content[1]
    local word = first and first.t == "Para" and first.content[1]
    local name = word and word.t == "Str" and word.text:match("^%[!(%u+)%]$")
    if not name then
        return nil
    end
    local rest = pandoc.List(first.content)
    rest:remove(1)
    rest:remove(1) -- the end of the line
    local content = pandoc.List({ pandoc.Div({ pandoc.Para({ pandoc.Str(name:sub(1, 1) .. name:sub(2):lower()) }) },
        pandoc.Attr("", { "title" })) })
    if #rest > 0 then
        content:insert(pandoc.Para(rest))
    end
    for i = 2, #el.content do
        content:insert(el.content[i])
    end
    return pandoc.Div(content, pandoc.Attr("", { "box", name:lower() }))
end

-- Newer versions of pandoc know the boxes themselves.
local function known_box(el)
    local title = el.content[1]
    if title and title.t == "Div" and title.classes[1] == "title" and el.classes[1] ~= "box" then
        el.classes:insert(1, "box")
        return el
    end
end

local function escape(text)
    return (text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
end

-- A transcript: what was typed stands out, and the prompts are not copied with it.
-- After a command, "> " is the prompt for its next line.
local function transcript(text)
    local lines, typed = {}, nil
    for line in (text .. "\n"):gmatch("(.-)\n") do
        local prompt, rest = line:match(typed and "^([$#>] )(.*)$" or "^([$#] )(.*)$")
        typed = rest
        if prompt then
            lines[#lines + 1] = '<span class="prompt">' .. escape(prompt) .. "</span><b>" .. escape(rest) .. "</b>"
        else
            lines[#lines + 1] = escape(line)
        end
    end
    return pandoc.RawBlock("html", '<pre class="console" tabindex="0"><code>' ..
        table.concat(lines, "\n") .. "</code></pre>")
end

-- Ctrl-Z and CVE-2021-41773 stay on one line: what follows the hyphen means nothing alone.
local function whole(el)
    return el.text:match("%w%-[%u%d]") and pandoc.Span({ el }, pandoc.Attr("", { "whole" })) or nil
end

-- A path in a table may be broken, or a telephone shows nothing of the columns beside it.
local function breakable(el)
    if not el.text:match("%w/%w") then
        return nil
    end
    local text = escape(el.text):gsub("(%w[/_])(%w)", "%1<wbr/>%2")
    return pandoc.RawInline("html", el.t == "Code" and "<code>" .. text .. "</code>" or text)
end

-- The programs of the lesson that FILE explains.
local function programs_of(file)
    local found = {}
    for _, entry in ipairs(pages) do
        if entry.kind == "program" and dir(entry.source) == dir(file) then
            found[#found + 1] = entry
        end
    end
    return found
end

-- Which program of the lesson has these lines, and where?  server.c is asked first.
local function whence(here, text)
    local best, line
    for _, entry in ipairs(programs_of(here.source)) do
        local code = "\n" .. read_file(entry.source) .. "\n"
        local at = code:find("\n" .. text .. "\n", 1, true)
        if at and (not best or entry.source:match("/server%.c$")) then
            best, line = entry, select(2, code:sub(1, at):gsub("\n", ""))
        end
    end
    return best, line
end

local function listing(here, el)
    if el.classes[1] == "console" then
        return transcript(el.text)
    end
    el.attributes.tabindex = "0" -- a listing that scrolls must scroll by keyboard, too
    local program, line = whence(here, el.text)
    if el.classes[1] ~= "c" or not program then
        return el
    end
    local target = address(here, program, "L-" .. line)
    local from = pandoc.Link({ pandoc.Str(program.title .. ", line " .. line) }, target)
    return pandoc.Div({ pandoc.Div({ pandoc.Para({ from }) }, pandoc.Attr("", { "from" })), el },
        pandoc.Attr("", { "listing" }))
end

-- A caption such as *Terminal 2* and the transcript below it belong together.
local function terminals(blocks)
    local out = pandoc.List({})
    for _, el in ipairs(blocks) do
        local before = out[#out]
        if el.t == "RawBlock" and el.text:match("^<pre class=\"console\"") and before and before.t == "Para" and
            #before.content == 1 and before.content[1].t == "Emph" then
            local caption = pandoc.Div({ pandoc.Para(before.content[1].content) }, pandoc.Attr("", { "title" }))
            out[#out] = pandoc.Div({ caption, el }, pandoc.Attr("", { "terminal" }))
        elseif not (el.t == "RawBlock" and el.text:match("^<!%-%-")) then -- a comment is for our tests
            out:insert(el)
        end
    end
    return out
end

-- The blocks of a page of Markdown, as the book has them.
local function document(here)
    local blocks = pandoc.read(read_file(here.source), "gfm").blocks
    local div = pandoc.Div(blocks):walk({
        Link = function(el) return link(here, el) end,
        Image = function(el) return picture(here, el) end,
        BlockQuote = box,
        Div = known_box,
        CodeBlock = function(el) return listing(here, el) end,
        Table = function(el)
            el = el:walk({ Code = breakable, Str = breakable })
            return pandoc.Div({ el }, pandoc.Attr("", { "table" }, { tabindex = "0" }))
        end,
    })
    return pandoc.List(div:walk({ Blocks = terminals }).content)
end

---------------------------------------------------------------------- other pages

-- A list of links, on one line.
local function links(here, label, entries)
    local line = pandoc.List({ pandoc.Str(label) })
    for i, entry in ipairs(entries) do
        line:insert(i > 1 and pandoc.Str(", ") or pandoc.Space())
        line:insert(pandoc.Link({ pandoc.Str(entry.title) }, entry.address or address(here, entry, "")))
    end
    return pandoc.Div({ pandoc.Para(line) }, pandoc.Attr("", { "links" }))
end

-- The functions of a program, each with the line that it begins in.
local function functions(code)
    local found, before, number = {}, "", 0
    for line in code:gmatch("(.-)\n") do
        number = number + 1
        if line == "{" then
            local name = before:match("([%w_]+)%(")
            if name then
                found[#found + 1] = { title = name .. "()", address = "#L-" .. before:match("^%d+") }
            end
        elseif line:match("^%a.*%(") then
            before = number .. " " .. line
        elseif not line:match("^%s+%S") then
            before = ""
        end
    end
    return found
end

local function program(here)
    local code = read_file(here.source)
    local lesson = by_source[dir(here.source) .. "/README.md"]
    local blocks = pandoc.List({})
    local title = lesson and lesson.title .. ", " .. here.title or here.source
    blocks:insert(pandoc.Header(1, { pandoc.Str(title) }, pandoc.Attr("program")))
    if lesson then
        blocks:insert(links(here, "Explained in", { lesson }))
    end
    if epub then
        blocks:insert(pandoc.CodeBlock(code, pandoc.Attr("", { "c" })))
        return blocks
    end
    blocks:insert(links(here, "Functions:", functions(code)))
    blocks:insert(pandoc.CodeBlock(code, pandoc.Attr("L", { "c", "program" }, { tabindex = "0" })))
    return blocks
end

local function plain_text(here)
    return pandoc.List({ pandoc.Header(1, { pandoc.Str(here.title) }, pandoc.Attr("license")),
        pandoc.CodeBlock(read_file(here.source), pandoc.Attr("", { "text" }, { tabindex = "0" })) })
end

-- All pages, with their headings and programs.
local function contents(here)
    local blocks = pandoc.List({ pandoc.Header(1, { pandoc.Str("Contents") }, pandoc.Attr("all")) })
    for _, entry in ipairs(pages) do
        if entry.kind == "document" then
            local target = address(here, entry, "")
            blocks:insert(pandoc.Header(2, { pandoc.Link({ pandoc.Str(entry.title) }, target) }))
            local items = pandoc.List({})
            local doc = entry.source:match("%.md$") and pandoc.read(read_file(entry.source), "gfm").blocks or {}
            for _, el in ipairs(doc) do
                if el.t == "Header" and el.level == 2 then
                    items:insert({ pandoc.Plain({ pandoc.Link(el.content, address(here, entry, el.identifier)) }) })
                end
            end
            if #items > 0 then
                blocks:insert(pandoc.BulletList(items))
            end
            local programs = programs_of(entry.source)
            if #programs > 0 then
                blocks:insert(links(here, "Programs:", programs))
            end
        end
    end
    return blocks
end

-- README.md and its translations, README.de.md and so on.
local function is_readme(entry)
    return ("/" .. entry.source):match("/README[^/]*%.md$")
end

-- Say below a page's first heading which programs and translations it has.
local function head(here, blocks)
    local programs, languages = programs_of(here.source), {}
    for _, entry in ipairs(pages) do
        if entry ~= here and dir(entry.source) == dir(here.source) and is_readme(entry) and is_readme(here) then
            local language = entry.source:match("README%.(.*)%.md$") or "en"
            languages[#languages + 1] = { title = language, address = address(here, entry, "") }
        end
    end
    if #languages > 0 and not epub then
        blocks:insert(2, links(here, "In other languages:", languages))
    end
    if #programs > 0 then
        blocks:insert(2, links(here, "Programs:", programs))
    end
    return blocks
end

local function blocks_of(here)
    if here.kind == "program" then
        return program(here)
    elseif here.kind == "contents" then
        return contents(here)
    elseif not here.source:match("%.md$") then
        return plain_text(here)
    end
    return head(here, document(here))
end

-- README.md, of a translation such as README.de.md.
local function original(entry)
    return by_source[(entry.source:gsub("%.[%w-]+%.md$", ".md"))]
end

-- What the frame of the page, book/page.html, is filled with.
local function frame(here, meta)
    local order, at = {}, nil
    for _, entry in ipairs(pages) do
        if entry.kind == "document" then
            order[#order + 1] = entry
            if entry == here or here.kind == "translation" and entry == original(here) then
                at = #order
            end
        end
    end
    local function neighbor(name, entry)
        if entry then
            meta[name] = pandoc.MetaString(relative(here.page, entry.page))
            meta[name .. "-title"] = pandoc.MetaString(entry.title)
        end
    end
    neighbor("previous", at and order[at - 1])
    neighbor("next", at and order[at + 1])
    if here.kind == "program" then
        neighbor("previous", by_source[dir(here.source) .. "/README.md"])
    end
    meta.root = pandoc.MetaString(relative(here.page, ""))
    meta.lang = pandoc.MetaString(here.source:match("README%.([%w-]+)%.md$") or "en")
    meta.pagetitle = pandoc.MetaString(here.page == "index.html" and here.title or
        here.kind == "program" and here.source .. " - Sockets in C" or here.title .. " - Sockets in C")
    meta.wide = here.kind == "program"
    meta["has-toc"] = here.kind == "document" or here.kind == "translation"
    return meta
end

-- The ids of a page in the EPUB.
local function with_ids(entry, blocks)
    local prefix = page_id(entry)
    local function id(el)
        if el.identifier ~= "" then
            el.identifier = el.level == 1 and prefix or prefix .. "--" .. el.identifier
        end
        return el
    end
    return pandoc.List(pandoc.Div(blocks):walk({ Header = id }).content)
end

local function whole_book()
    local blocks = pandoc.List({})
    for _, entry in ipairs(pages) do
        if entry.kind == "document" then
            blocks:extend(with_ids(entry, blocks_of(entry)))
            for _, one in ipairs(programs_of(entry.source)) do
                blocks:extend(with_ids(one, blocks_of(one)))
            end
        end
    end
    -- Programs of tests/, which the lessons point to, are at the end.
    for _, entry in ipairs(pages) do
        if entry.kind == "program" and not entry.source:match("^lessons/") then
            blocks:extend(with_ids(entry, blocks_of(entry)))
        end
    end
    return blocks
end

function Pandoc(doc)
    if epub then
        doc.meta.title = pandoc.MetaString(pages[1].title)
        doc.meta.lang = pandoc.MetaString("en")
        doc.meta.rights = pandoc.MetaString("MIT License")
        doc.meta.identifier = pandoc.MetaString("sockets-in-c")
        doc.blocks = whole_book()
        return doc:walk({ Str = whole })
    end
    local here = by_source[source]
    return pandoc.Pandoc(blocks_of(here), frame(here, doc.meta)):walk({ Str = whole })
end
