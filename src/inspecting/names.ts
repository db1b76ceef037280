import { wordsOf } from './sensitivity.ts'

/**
 * Column names by meaning, best names first, in the form of `wordsOf`. Besides English, common
 * names in German, French, Spanish, Italian, Portuguese and Dutch.
 */
const NAMES = {
  id: [
    /^(id|user id|uid|uuid|guid|pk|local id|customer id|account id|member id|person id|user uuid)$/,
    /^((be)?nutzer ?(id|nummer|nr|kennung)|kunden ?(id|nummer|nr)|identifiants?|identifiant (utilisateur|unique|client)|(utilisateur|usuario|utente|gebruiker) id|id ((de |del |do )?(l )?(utilisateur|usuario|utente|client|cliente))|identificador|identificativo|gebruikers ?id|klant ?(id|nummer))$/,
    /^(external id|customer (number|no)|sub|oid|cognito username)$/,
    /^(user name|username|login|user login|benutzername|anmeldename|nom d utilisateur|nombre de usuario|nome utente|gebruikersnaam)$/,
  ],
  email: [
    /^(primary email( address)?|e ?mail|e ?mail address|mail|user e ?mail|e ?mail id|e ?mail ?adress?e?|mail ?adresse|adresse (e ?mail|mail|(de )?courriel|[eé]lectronique)|courriel|correo|correo electr[oó]nico|direcci[oó]n de correo( electr[oó]nico)?|indirizzo e ?mail|posta elettronica|endere[cç]o de e ?mail|user principal name|upn)$/,
  ],
  username: [
    /^(user name|username|login|user login|cognito username|preferred username|benutzername|anmeldename|nom d utilisateur|nombre de usuario|nome utente|gebruikersnaam)$/,
  ],
  firstName: [/^(first ?name|given ?name|fore ?name|first|fname|vorname|pr[eé]nom|nombres?|nome|voornaam)$/],
  lastName: [
    /^(last ?name|family ?name|sur ?name|last|lname|nachname|familienname|nom|nom de famille|apellidos?|primer apellido|cognome|sobrenome|achternaam)$/,
  ],
  name: [
    /^(full ?name|display ?name|real ?name|vollst[aä]ndiger name|anzeigename|nom complet|nombre completo|nome completo|volledige naam)$/,
    /^name$/,
  ],
  verified: [
    /^((is )?e ?mail (is )?(verified|confirmed|validated)|verified e ?mail|has verified e ?mail)$/,
    /^(is )?(verified|confirmed|validated)$/,
    /^((e ?mail( adresse)?|courriel|correo) )?(best[aä]tigt|verifiziert|v[eé]rifi[eé]e?|confirm[eé]e?|verificad[oa]|confirmad[oa]|verificat[oa]|confermat[oa]|geverifieerd)$/,
  ],
  verifiedAt: [/^(e ?mail )?(verified|confirmed|validated|verification|confirmation) (at|on|date|time)$/],
  hash: [
    /^(password ?hash|hashed password|encrypted password|password digest|crypted password|password encrypted|pass ?hash|pwd ?hash|user pass|user password|password|passwd|pwd|pass|kennwort ?hash|passwort ?hash|kennwort|passwort|mot de passe|contrase[nñ]a|senha|wachtwoord)$/,
    /^(hash|digest)$/,
  ],
  hasher: [
    /^(password hasher|password hash type|hash type|hasher|password algorithm|hash algorithm|password hash algorithm)$/,
  ],
  totp: [
    /^((totp|otp|mfa|2fa|two factor|mfa totp|google authenticator|authenticator) (secret|seed|secret key)|totp|mfa secret base32)$/,
  ],
  organizationId: [
    /^(org id|organi[sz]ation id|org external id|organi[sz]ation external id|company id|tenant id|team id|workspace id)$/,
    /^((firmen|mandanten|organisations|unternehmens) ?(id|nummer|nr)|(soci[eé]t[eé]|entreprise|empresa|organizaci[oó]n|azienda) id|id (de )?(l )?(organisation|soci[eé]t[eé]|entreprise|empresa|organizaci[oó]n|azienda))$/,
    /^(account id|group id)$/,
  ],
  organizationName: [
    /^(org name|organi[sz]ation name|organi[sz]ation|org|company|company name|tenant|tenant name|team|team name|workspace|workspace name|firma|firmenname|unternehmen|mandant|soci[eé]t[eé]|entreprise|empresa|organizaci[oó]n|azienda|organizzazione|bedrijf)$/,
  ],
  role: [/^(roles?|role slugs?|role names?|org roles?)$/, /^(rollen?|r[oô]les?|rol|ruol[oi]|papel)$/],
  phone: [
    /^(phone|phone number|mobile|mobile phone|tel|telefon|telefonnummer|mobiltelefon|telephone|(num[eé]ro de )?t[eé]l[eé]phone|tel[eé]fono|telefone|telefoonnummer)$/,
  ],
} as const satisfies Record<string, readonly RegExp[]>

export type Meaning = keyof typeof NAMES

/** How well the name of a path fits a meaning: 0 is best. Undefined: it does not fit. */
export function rankOf(path: string, meaning: Meaning): number | undefined {
  const words = wordsOf(lastName(path))
  const rank = NAMES[meaning].findIndex((names) => names.test(words))
  return rank === -1 ? undefined : rank
}

/** The path whose name fits a meaning best; paths near the top first. */
export function bestNamed<T extends { path: string }>(paths: readonly T[], meaning: Meaning): T | undefined {
  const ranked = paths.flatMap((path) => {
    const rank = rankOf(path.path, meaning)
    return rank === undefined ? [] : { path, rank: rank + depth(path.path) * 100 }
  })
  return ranked.sort((a, b) => a.rank - b.rank)[0]?.path
}

/** The last name on a path, without an array index or filter. */
export function lastName(path: string): string {
  const attribute = /\[Name="([^"]*)"\]\.Value$/.exec(path)?.[1]
  if (attribute !== undefined) return attribute
  return (
    path
      .split('.')
      .at(-1)
      ?.replace(/\[.*\]$/, '') ?? path
  )
}

function depth(path: string): number {
  return path.split('.').length + (path.includes('[]') ? 10 : 0)
}
