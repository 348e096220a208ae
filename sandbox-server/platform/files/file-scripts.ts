/**
 * What is run in the toolbox, by bash, to work on the learner's files. Paths come as arguments, relative to the home
 * directory; a symbolic link that leads out of it is refused. Exit codes say what went wrong. GNU's tools and busybox's.
 */
import { LARGEST_FILE_BYTES, MOST_ENTRIES } from '../../protocol/home-path.ts'

export const exits = { outside: 91, gone: 92, folder: 93, tooBig: 94, changed: 96, exists: 97 } as const

/** `inside PATH` ends the script when it leads out of the home directory; `hash_of PATH` prints nothing when it is gone. */
const COMMON = `
export LC_ALL=C
home=$(readlink -f -- "$HOME") && cd "$home" || exit 1
inside() {
  local at=$1
  while [ ! -e "$at" ] && [ ! -L "$at" ]; do
    case $at in */*) at=\${at%/*} ;; *) return 0 ;; esac
  done
  case $(readlink -f -- "$at") in "$home" | "$home"/*) ;; *) exit ${exits.outside} ;; esac
}
hash_of() { local sum; sum=$(sha256sum <"$1") && printf %s "\${sum%% *}"; }
`

const script = (body: string): string => COMMON + body

/** PATH. Base64, or the size alone when it is too big. */
export const READ = script(`
inside "$1"
[ -e "$1" ] || exit ${exits.gone}
[ -d "$1" ] && exit ${exits.folder}
size=$(stat -L -c %s -- "$1") || exit 1
[ "$size" -le ${LARGEST_FILE_BYTES} ] || { echo "$size"; exit ${exits.tooBig}; }
base64 <"$1"
`)

/**
 * PATH SIZE EXPECTED, the content on standard input. It is taken whole before anything is replaced, and written into the
 * file that is there, so that its mode, and a link to it, stay.
 */
export const WRITE = script(`
inside "$1"
[ -d "$1" ] && exit ${exits.folder}
case $1 in */*) mkdir -p -- "\${1%/*}" || exit 1 ;; esac
new=$(mktemp "$home/.meshdojo-write-XXXXXX") || exit 1
trap 'rm -f -- "$new"' EXIT
head -c "$2" >"$new" && [ "$(stat -c %s "$new")" = "$2" ] || exit 1
have=
[ -e "$1" ] && have=$(hash_of "$1")
if [ "$3" != '*' ] && [ "$have" != "$3" ]; then printf %s "$have"; exit ${exits.changed}; fi
cat "$new" >"$1" || exit 1
hash_of "$1"
`)

/** FROM TO */
export const RENAME = script(`
inside "$1"
inside "$2"
[ -e "$1" ] || [ -L "$1" ] || exit ${exits.gone}
if [ -e "$2" ] || [ -L "$2" ]; then exit ${exits.exists}; fi
case $2 in */*) mkdir -p -- "\${2%/*}" || exit 1 ;; esac
mv -- "$1" "$2"
`)

/** PATH, a folder with all that is in it. */
export const REMOVE = script(`
case $1 in */*) inside "\${1%/*}" ;; esac
[ -e "$1" ] || [ -L "$1" ] || exit ${exits.gone}
rm -rf -- "$1"
`)

/**
 * Prints the tree whenever it is another than before, ended by a NUL; looks each second, and at once when a line comes
 * in; ends with its input. Names beginning with a dot are left out.
 */
export const WATCH = script(String.raw`
if find . -maxdepth 0 -printf '' 2>/dev/null; then show=(-printf '%Y|%s|%T+|%P\n')
else show=(-exec stat -L -c '%F|%s|%y|%n' {} +); fi
last=-
while :; do
  now=$(find . -mindepth 1 -maxdepth 16 ! -name $'*\n*' \( -name '.*' -prune -o "${'$'}{show[@]}" \) 2>/dev/null | head -n ${MOST_ENTRIES + 1})
  if [ "$now" != "$last" ]; then printf '%s\0' "$now"; last=$now; fi
  read -r -t 1 _ || [ $? -gt 128 ] || exit 0
done
`)

/** SIZE, manifests on standard input: what is there and what would be, as two JSON texts with a NUL between. */
export const COMPARE = script(String.raw`
file=$(mktemp) && trap 'rm -f -- "$file" "$file.now"' EXIT
head -c "$1" >"$file" || exit 1
kubectl get -f - -o json --ignore-not-found <"$file" >"$file.now" 2>/dev/null &
kubectl apply --dry-run=server -o json -f - <"$file"
status=$?
wait
printf '\0'
cat "$file.now"
exit $status
`)
