# Reads a .env as Compose does: quotes, comments, `export`, values of several lines, names of earlier lines in a value.
#
#   awk -v name=PORT -f dotenv.awk .env               its value: what is said last counts
#   awk -v name=PORT -v without=1 -f dotenv.awk .env  the file without what says it, ending with a line's end
#
# Exit 1: a quote is never closed.

function value_of(word) { # <name>: as an earlier line or the environment says it
	if (word in ENVIRON) return ENVIRON[word]
	return word in said ? said[word] : ""
}

function expanded(text,    done, word, default_) {
	done = ""
	while (match(text, /\$(\$|[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*(:?-[^}]*)?\})/)) {
		word = substr(text, RSTART + 1, RLENGTH - 1)
		done = done substr(text, 1, RSTART - 1)
		text = substr(text, RSTART + RLENGTH)
		if (word == "$") {
			done = done "$"
			continue
		}
		default_ = ""
		if (word ~ /^\{/) {
			word = substr(word, 2, length(word) - 2)
			if (match(word, /:?-/)) {
				default_ = substr(word, RSTART + RLENGTH)
				word = substr(word, 1, RSTART - 1)
			}
		}
		word = value_of(word)
		done = done (word == "" ? default_ : word)
	}
	return done text
}

function quoted(text, quote,    at, sign, made) { # sets `rest`: what stands behind it
	made = ""
	for (at = 2; at <= length(text); at++) {
		sign = substr(text, at, 1)
		if (sign == quote) {
			rest = substr(text, at + 1)
			return made
		}
		if (sign == "\\" && at < length(text)) {
			sign = substr(text, ++at, 1)
			if (sign == quote) made = made sign
			else if (quote == "'") made = made "\\" sign
			else if (sign == "n") made = made "\n"
			else if (sign == "r") made = made "\r"
			else if (sign == "t") made = made "\t"
			else if (sign == "\\") made = made "\\"
			else made = made "\\" sign
			continue
		}
		made = made sign
	}
	wrong = 1
	rest = ""
	return ""
}

function line_of(text) { # sets `rest`
	rest = ""
	if (match(text, /\n/)) {
		rest = substr(text, RSTART + 1)
		text = substr(text, 1, RSTART - 1)
	}
	return text
}

{
	sub(/\r$/, "")
	whole = whole $0 "\n"
}

END {
	sub(/^\357\273\277/, "", whole)
	kept = ""
	text = whole
	while (text != "") {
		begun = text
		if (match(text, /^[ \t]*(export[ \t]+)?[A-Za-z_][A-Za-z0-9_.-]*[ \t]*[=:][ \t]*/)) {
			word = substr(text, 1, RLENGTH)
			text = substr(text, RLENGTH + 1)
			sub(/^[ \t]*(export[ \t]+)?/, "", word)
			sub(/[ \t]*[=:][ \t]*$/, "", word)
			quote = substr(text, 1, 1)
			if (quote == "\"" || quote == "'") {
				value = quoted(text, quote)
				if (wrong) {
					print ".env: the quote of " word " is never closed" >"/dev/stderr"
					exit 1
				}
				line_of(rest)
			} else {
				value = line_of(text)
				sub(/ #.*$/, "", value)
				sub(/[ \t]+$/, "", value)
			}
			said[word] = quote == "'" ? value : expanded(value)
		} else {
			word = ""
			line_of(text)
		}
		text = rest
		if (word != name) kept = kept substr(begun, 1, length(begun) - length(text))
	}
	if (without) printf "%s", kept
	else if (name in said) print said[name]
}
