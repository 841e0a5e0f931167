# Section 3 of the manual out of a public header: a page for each function and each type, by its
# comment, and one for the header itself.
#
#   awk -v directory=DIR -v version=0.2.0 -v date=2026-01-31 \
#       -f docs/man/read_header.awk -f docs/man/write_pages.awk libkv/kv.h
#
# Writes DIR/NAME.3; with directory= empty it writes nothing and prints the names "NAME.3".

{ header = header $0 "\n" }

END {
    file = FILENAME
    sub(/.*\//, "", file)
    library = file == "kv.h" ? "libkv" : "libkv-edge"
    link = library == "libkv" ? "-lkv" : "-lkv-edge -lkv"
    read_header(header)
    give_enums()
    write_overview()
    for (i = 1; i <= page_count; i++)
        if (kind[page[i]] == "function") write_function(page[i])
        else write_type(page[i])
}

# \001 and \002 stand for bold and italic, \003 for the end of both.
function replace(text, from, to,    out, at) {
    while (at = index(text, from)) {
        out = out substr(text, 1, at - 1) to
        text = substr(text, at + length(from))
    }
    return out text
}
function quote(text) {
    text = replace(text, "\\", "\\(rs")
    text = replace(text, "-", "\\-")
    text = replace(text, "^", "\\(ha")
    text = replace(text, "~", "\\(ti")
    text = replace(text, "\001", "\\fB")
    text = replace(text, "\002", "\\fI")
    return replace(text, "\003", "\\fP")
}
# Marks names. A hyphen between letters stays one.
function mark(text) {
    gsub(/KV_[A-Z0-9_]+/, "\001&\003", text)
    gsub(/kv_[a-z0-9_]+\(\)/, "\001&\003", text)
    text = replace(text, "()\003", "\003(3)")
    while (match(text, /[a-z]-[a-z]/)) text = substr(text, 1, RSTART) "\004" substr(text, RSTART + 2)
    return replace(quote(text), "\004", "-")
}
function put(line) { if (directory != "") print line > (directory "/" name_now ".3") }
function put_line(line) { put((line ~ /^[.']/ ? "\\&" : "") line) }
# Filled text: a sentence begins a line.
function put_text(text,    words, n, i, line) {
    while (match(text, /`[^`]+`/))
        text = substr(text, 1, RSTART - 1) "\002" substr(text, RSTART + 1, RLENGTH - 2) "\003" \
            substr(text, RSTART + RLENGTH)
    n = split(text, words, /[ \t\n]+/)
    for (i = 1; i <= n; i++) {
        if (words[i] == "") continue
        if (line != "" && (length(line " " words[i]) > 76 || line ~ /[.?!]$/ && words[i] ~ /^["(]*[A-Z]/)) {
            put_line(mark(line))
            line = ""
        }
        line = line (line == "" ? "" : " ") words[i]
    }
    if (line != "") put_line(mark(line))
}
# Paragraphs, lists, and lines that are indented by four, which stay as they are.
function put_prose(text,    lines, n, i, line, part, is_item) {
    n = split(text "\n\n", lines, "\n")
    for (i = 1; i <= n; i++) {
        line = lines[i]
        if (!is_item && line ~ /^    /) {
            put_text(part)
            part = ""
            put(".in +4\n.nf")
            for (; lines[i] ~ /^    /; i++) put_line(quote(substr(lines[i], 5)))
            put(".fi\n.in")
            if (lines[i + 1] ~ /[^ ]/) put(".PP")
        } else if (line ~ /^ *$/ || line ~ /^- / || is_item && line ~ /^    [^ ]/) {
            put_text(part)
            if (part != "" && line ~ /^ *$/ && lines[i + 1] ~ /[^ ]/ && lines[i + 1] !~ /^- /) put(".PP")
            if (line ~ /^- /) put(".IP \\(bu 2")
            else if (line ~ /[^ ]/) put(".br")
            if (line !~ /^    /) is_item = line ~ /^- /
            part = line
            sub(/^- /, "", part)
        } else
            part = part " " line
    }
}
function begin_page(name, says) {
    name_now = name
    if (directory == "") print name ".3"
    put(".\\\" Made from " file "\n.TH " toupper(quote(name)) " 3 \"" date "\" \"libkv " version \
        "\" \"Library functions\"")
    put(".SH NAME\n" quote(name) " \\- " quote(replace(says, "`", "")))
    put(".SH SYNOPSIS\n.nf\n.B #include <" file ">\n.PP")
}
# Types, functions and pages that a text names, beside `name`.
function note_names(text, name,    word) {
    while (match(text, /kv_[a-z0-9_]+/)) {
        word = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        if (word != name && word in kind) also[word] = 1
    }
}
function put_see_also(    names, n, i, j, word) {
    n = 0
    for (word in also) names[++n] = word
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && names[j] < names[j - 1]; j--) {
            word = names[j]; names[j] = names[j - 1]; names[j - 1] = word
        }
    put(".SH SEE ALSO")
    for (i = 1; i <= n; i++) put(".BR " names[i] " (3),")
    put(".BR " (name_now != library ? quote(library) " (3)" : \
        library == "libkv" ? "libkv\\-edge (3),\n.BR kv (1)" : "libkv (3),\n.BR edge\\-server (1)"))
    split("", also)
}
function put_section(title, text) {
    if (text == "") return
    put(".SH " title)
    put_prose(text)
}
function put_init(name,    macro) {
    macro = toupper(name) "_INIT"
    if (macro in has_init) put(".PP\n" quote(name " \002name\003 = \001" macro "\003;"))
}
# The enums of a page.
function put_enums(name,    list, n, i) {
    n = split(enums_of[name], list, " ")
    if (n == 0) return
    put(".SH CONSTANTS")
    for (i = 1; i <= n; i++) {
        if (i > 1) put(".PP")
        put_prose(plain(enum_doc[list[i]]))
        put_list(enum_text[list[i]], ",")
    }
}
# put_list(text, end): members or enumerators, each with the comment before or behind it.
function put_list(text, end,    doc, item, comment, before) {
    before = rest
    for (rest = text; cut_space() || rest != "";) {
        if (substr(rest, 1, 2) == "/*") {
            comment = cut_comment()
            if (comment ~ /^\/\*\*/) doc = comment
            else { put(".PP"); put_prose(plain(comment)) }
            continue
        }
        item = cut_until(end)
        comment = last_comment(item)
        item = one_line(without_comments(item))
        sub(/[,;]$/, "", item)
        # Behind the comma or semicolon.
        if (match(rest, /^[ \n]*\/\*\*</)) { cut_space(); comment = cut_comment() }
        if (comment == "") comment = doc
        doc = ""
        put(".TP\n.B " quote(item))
        put_prose(plain(comment))
    }
    rest = before
}
# "ret name(type a, type b);" with names in italics, broken between parameters.
function put_prototype(text,    from, line, indent, depth, i, c, piece) {
    from = index(text, ")(") ? index(text, ")(") + 1 : index(text, "(")
    if (text !~ /^typedef/) from = index(text, "(")
    line = substr(text, 1, from)
    indent = text ~ /\(\*/ ? 8 : from
    put_column = from
    out_line = "\001" line
    for (i = from + 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        piece = piece c
        if (c == "(") depth++
        if (c == ")") depth--
        if (c == "," && depth == 0 || i == length(text)) {
            piece = trim(piece)
            if (put_column + length(piece) > 70) {
                put_line(quote(out_line "\003"))
                out_line = sprintf("%" indent "s", "") "\001"
                put_column = indent
            } else if (i > from + 1 && out_line !~ /\($/) {
                out_line = out_line " "
                put_column++
            }
            put_column += length(piece)
            out_line = out_line in_italics(piece)
            piece = ""
        }
    }
    put_line(quote(out_line "\003"))
}
# One parameter's name: behind "(*", or the last word before the comma.
function in_italics(piece,    at, size) {
    if (piece ~ /^void\)/) return piece
    if (match(piece, /\(\*[a-z_0-9]+/)) { at = RSTART + 2; size = RLENGTH - 2 }
    else if (match(piece, /[a-z_0-9]+(\[[0-9]*\])?(,|\);)$/)) {
        at = RSTART
        size = RLENGTH
        if (match(substr(piece, at), /\[|,|\)/)) size = RSTART - 1
    } else return piece
    return substr(piece, 1, at - 1) "\002" substr(piece, at, size) "\001" substr(piece, at + size)
}

function write_function(name,    i, is_void) {
    split_doc(name)
    begin_page(name, first_sentence(said == "" ? returns : said))
    put_prototype(text_of[name])
    put(".fi\n.PP\nLink with\n.IR \"" quote(link) "\" .")
    put_section("DESCRIPTION", said)
    if (params > 0) put(".SH PARAMETERS")
    for (i = 1; i <= params; i++) {
        put(".TP\n.I " quote(param[i]))
        put_text(param_text[i])
    }
    put_enums(name)
    put_section("THREADS", capital(threads))
    is_void = text_of[name] ~ /^void [^*]/
    put_section("RETURN VALUE", returns == "" && is_void ? "None." : returns)
    if (returns != "" && library == "libkv" && text_of[name] ~ /^kv_status /)
        put(".PP\n.BR libkv (3)\nlists what every call, every read and every write may return.")
    put_section("SINCE", since == "" ? "" : library " " since)
    note_names(text_of[name] " " plain(doc_of[name]), name)
    put_see_also()
}
function write_type(name,    i, text) {
    split_doc(name)
    text = said (returns == "" ? "" : "\n\n" returns)
    begin_page(name, first_sentence(text))
    if (text_of[name] ~ /\(/ && !(name in members)) put_prototype(text_of[name])
    else put_line(quote("\001" (name in members ? "typedef struct " name " { ... } " name : \
        substr(text_of[name], 1, length(text_of[name]) - 1)) ";\003"))
    put_init(name)
    put(".fi")
    put_section("DESCRIPTION", text)
    put_section("THREADS", capital(threads))
    if (name in members) {
        put(".SH MEMBERS")
        put_list(members[name], ";")
    }
    put_enums(name)
    put_section("SINCE", since == "" ? "" : library " " since)
    note_names(members[name] " " plain(doc_of[name]), name)
    # kv_status is everywhere.
    for (i = 1; i <= page_count && name != "kv_status"; i++)
        if (kind[page[i]] == "function" && (text_of[page[i]] " ") ~ ("[( ]" name "[ *]")) also[page[i]] = 1
    put_see_also()
}
function write_overview(    text, i, g, says) {
    text = plain(head)
    says = text
    sub(/\n\n.*/, "", says)
    text = trim(substr(text, length(says) + 1))
    sub(/^[a-z-]+: /, "", says)
    begin_page(library, first_sentence(says))
    put(".BI \"cc \" program.c \" $(pkg\\-config \\-\\-cflags \\-\\-libs " quote(library) ")\"\n.fi")
    put_section("DESCRIPTION", text)
    put(".SH FUNCTIONS AND TYPES")
    for (g = 0; g <= group_count; g++) {
        if (g > 0) put(".SS " quote(group_title[g]))
        put_prose(group_text[g])
        for (i = 1; i <= constants[g]; i++) {
            put(".TP\n.B " quote(constant[g, i]))
            put_prose(constant_doc[g, i])
        }
        for (i = 1; i <= page_count; i++) {
            if (group_of[page[i]] != g) continue
            split_doc(page[i])
            put(".TP\n.BR " page[i] " (3)")
            put_text(first_sentence(said == "" ? returns : said))
        }
    }
    put_example()
    put_see_also()
}
# The README's example, which a test compiles and runs.
function put_example(    line, is_inside) {
    if (library != "libkv" || directory == "") return
    while ((getline line < "README.md") > 0) {
        if (is_inside && line == "```") break
        if (is_inside) put_line(quote(line))
        if (line == "```c") { is_inside = 1; put(".SH EXAMPLE\n.nf") }
    }
    if (is_inside) put(".fi")
    close("README.md")
}
