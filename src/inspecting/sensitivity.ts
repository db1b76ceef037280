/** What holds secrets, by the words of its name. Rather one too many: nothing but counts is said of them. */
const SECRET =
  /pass(word|wd|phrase)?|pwd|kennwort|geheim|contrase[nñ]a|wachtwoord|senha|hash|digest|salt|secret|token|totp|otp|seed|signer|private ?key|(sign|signing|encryption|decryption) ?key|api ?key|credential|recovery|backup ?code|cookie|session/
/** Beside a secret, and none: the name of the hasher, its rounds, when it was set, whether there is one. */
const BESIDE_SECRET =
  /(hasher|type|method|algorithm|algo|rounds|iterations|mem ?cost|enabled|required|date|at|updated|changed|expiry|expires|count|hint ?text|temporary)$/
/** Columns that say what somebody is, not who. */
const CATEGORY =
  /^(role|roles|realm roles|groups|group|group name|role names|hash method|.*verified|role slug|role slugs|role name|password hasher|hasher|password hash type|hash type|algorithm|provider|providers|provider id|connection|strategy|status|state|type|user ?status|locale|language|plan|tier|edition|enabled|disabled|blocked|banned|verified|email verified|is social|mfa enabled|aud|realm|user type|secret encoding|alg|scope)$/

/** Names that were taken apart already: records repeat theirs. Bounded, since a map has no end of names. */
const known = new Map<string, string>()
const MAX_KNOWN = 10_000

/** The words of a name: `passwordHasher`, `password_hasher`, `Password Hasher` → `password hasher`. */
export function wordsOf(name: string): string {
  const before = known.get(name)
  if (before !== undefined) return before
  const words = takenApart(name)
  if (known.size < MAX_KNOWN) known.set(name, words)
  return words
}

function takenApart(name: string): string {
  return name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .toLowerCase()
}

/** Whether a member of this name, or anything beneath it, holds secrets. */
export function isSecretName(name: string): boolean {
  const words = wordsOf(name)
  return SECRET.test(words) && !BESIDE_SECRET.test(words)
}

/** Whether the values of a member of this name may be listed: they sort people, and tell nobody apart. */
export function isCategoryName(name: string): boolean {
  return CATEGORY.test(wordsOf(name))
}
