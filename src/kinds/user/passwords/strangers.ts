/**
 * Texts that forms.ts cannot read: the name of their hasher, an unknown hash, or the shape of a
 * value that is not a hash. A shape is the length and the sort of characters, and contains no
 * character itself.
 */

/** Schemes by the start or look of their hashes. */
const SCHEMES: readonly (readonly [shape: RegExp, name: string])[] = [
  [/^\$1\$/, 'md5_crypt'],
  [/^\$apr1\$/, 'md5_apr1'],
  [/^\$5\$/, 'sha256_crypt'],
  [/^\$6\$/, 'sha512_crypt'],
  [/^\$sha1\$/, 'sha1_crypt'],
  [/^\$md5[$,]/, 'sun_md5'],
  [/^\$g?y\$/, 'yescrypt'],
  [/^\$3\$\$/, 'nthash'],
  [/^\$[PH]\$/, 'phpass'],
  [/^U?\$S\$/, 'drupal_sha512'],
  [/^U\$[PH]\$/, 'drupal_phpass'],
  [/^\$wp\$/, 'wordpress_bcrypt'],
  [/^\$7\$/, 'scrypt_7'],
  [/^\$2x?\$/, 'bcrypt_2x'],
  [/^\$?bcrypt[-_]sha256\$/, 'bcrypt_sha256'],
  [/^\{SHA\}/i, 'sha1'],
  [/^\{SHA-?(?:256|384|512)\}/i, 'sha2'],
  [/^\{SSHA-?(?:384|512)\}/i, 'ssha512'],
  [/^\{S?MD5\}/i, 'md5'],
  [/^\{PKCS5S2\}/i, 'pbkdf2_sha1'],
  [/^\{(?:noop|plain|clear|cleartext)\}/i, 'plaintext'],
  [/^plain\$/, 'plaintext'],
  [/^unsalted_md5\$\$[\da-f]{32}$/i, 'md5'],
  [/^(?:unsalted_sha1|sha1)\$\$[\da-f]{40}$/i, 'sha1'],
  [/^md5\$[^$]*\$[\da-f]{32}$/i, 'md5_salted'],
  [/^sha1\$[^$]+\$[\da-f]{40}$/i, 'django_sha1'],
  [/^sha256\$[^$]+\$[\da-f]{64}$/i, 'sha256_salted'],
  [/^sha512\$[^$]+\$[\da-f]{128}$/i, 'salted_sha512'],
  [/^crypt\$/, 'des_crypt'],
  [/^\{CRYPT\}_?[./\dA-Za-z]{13,19}$/i, 'des_crypt'],
  [/^400\$8\$/, 'scrypt_ruby'],
  [/^\*[\da-f]{40}$/i, 'mysql'],
  [/^[\da-f]{32}$/i, 'md5'],
  [/^[\da-f]{40}$/i, 'sha1'],
  [/^[\da-f]{56}$/i, 'sha224'],
  [/^[\da-f]{64}$/i, 'sha256'],
  [/^[\da-f]{96}$/i, 'sha384'],
  [/^[\da-f]{128}$/i, 'sha512'],
  [/^[\da-f]{32}:(?![\da-f]{64,}$)\S{1,64}$/i, 'md5_salted'],
  [/^[\da-f]{40}:(?![\da-f]{64,}$)\S{1,64}$/i, 'sha1_salted'],
  [/^[\da-f]{64}:(?![\da-f]{64,}$)\S{1,64}$/i, 'sha256_salted'],
]

/** The hasher's name, if the text shows it. */
export function schemeOf(text: string): string | undefined {
  return SCHEMES.find(([shape]) => shape.test(text))?.[1]
}

/**
 * Lengths of digests, in Base64 with its `=`: without it any word of letters and digits would
 * match.
 */
const BASE64_DIGEST = /^(?:[A-Za-z\d+/]{22}==|[A-Za-z\d+/]{27}=|[A-Za-z\d+/]{43}=|[A-Za-z\d+/]{86}==)$/

/** Parts separated by `$` or `:`, one of them long enough for a digest. */
const PARTED = /^(?=.*(?:^|[$:])[\w+/.-]{16,}=*(?:[$:]|$))[\w.+/=,@-]*(?:[$:][\w.+/=,@-]+)+$/

/** A salt and a hash. */
const HEX_PAIR = /^[\da-f]{16,}[.;|,][\da-f]{32,}$/i

/** The name of a scheme, and something long: `$p5k2$…`, `{X-SCHEME}…`. */
const SCHEME = /^(?:\$[\w-]{1,24}\$|\{[\w.-]{2,24}\})\S{16,}$/

/** Whether a text looks like a hash of any hasher. */
export function looksHashed(text: string): boolean {
  if (BASE64_DIGEST.test(text)) return true
  if (text.length < 24 || isKnownThing(text)) return false
  return PARTED.test(text) || HEX_PAIR.test(text) || SCHEME.test(text)
}

/** The contents of columns that are mapped by mistake. */
const THINGS: readonly (readonly [shape: RegExp, name: string])[] = [
  [/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'an email address'],
  [/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i, 'a UUID'],
  [/^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d\S*(?: \S+)?)?$|^\d{1,2}[./]\d{1,2}[./]\d{2,4}$/, 'a date'],
  [/^[a-z][a-z\d+.-]*:\/\/\S+$/i, 'a web address'],
  [/^(?:true|false|yes|no|t|f)$/i, 'true or false'],
]

function isKnownThing(text: string): boolean {
  return THINGS.some(([shape]) => shape.test(text))
}

const SORTS: readonly (readonly [one: RegExp, name: string])[] = [
  [/\p{L}/u, 'letters'],
  [/\p{N}/u, 'digits'],
  [/\s/, 'spaces'],
  [/[^\p{L}\p{N}\s]/u, 'symbols'],
]

/** The length of a text and its sort of characters: `32 characters: letters and digits`. */
export function shapeOf(text: string): string {
  const thing = THINGS.find(([shape]) => shape.test(text))?.[1]
  if (thing !== undefined) return thing
  const found = SORTS.flatMap(([one, name]) => (one.test(text) ? [name] : []))
  const last = found.pop() ?? ''
  const length = [...text].length
  const made = found.length === 0 ? last : `${found.join(', ')} and ${last}`
  return `${length} ${length === 1 ? 'character' : 'characters'}: ${made}`
}

/** A shape for a message about one user, without the length of the password. */
export function withoutLength(shape: string): string {
  return shape.replace(/^\d+ characters?: /, '')
}

const SHAPE =
  /^(?:\d+ characters?: (?:(?:letters|digits|spaces|symbols)(?:, | and )?)+|an? [a-z -]{1,20}|true or false)$/i

/** Whether a text is a shape: an expression can return any text in its place. */
export function isShape(text: string): boolean {
  return SHAPE.test(text)
}
