import { createHmac, randomBytes } from 'node:crypto'

/** How outputs mask personal data: not at all, email addresses only, or all values. */
export type MaskMode = 'none' | 'emails' | 'all'

export const MASK_MODES: readonly MaskMode[] = ['none', 'emails', 'all']

const HIDDEN = '***'

/** Kinds whose key identifies a user. */
const OF_PERSONS = [
  'user',
  'membership',
  'invitation',
  'totp-factor',
  'group-membership',
  'groupMembership',
  'groupMember',
  'roleAssignment',
]

const KIND = `(?<![\\p{L}\\p{N}_-])(${OF_PERSONS.join('|')}):(?!\\s|(?:KEY|ADDRESS)(?![\\p{L}\\p{N}_.|@*?-]))`
/** A place in brackets after a key. Other brackets can be part of the key: `CN=Ada (Jr.)`. */
const PLACE = ' \\((?=\\.{0,2}/|[^()\\s]*:\\d)'
/** Words that can follow a key in a text. */
const WORDS =
  'is|was|does|has|are|on|in|or|and|out|outside|already|stays|stands|which|that|refers|not|failed|as|by|until|for|of|to|the|with|follows|goes|leaves|needs|ask|must|belongs|uses'
/**
 * A resource in a text: `user:u1`. The key can contain spaces and brackets. In a list it ends
 * before two spaces, a place or the end of a cell; in a sentence it ends before one of WORDS. An
 * unknown word hides too much rather than too little.
 */
const LISTED = `(?<=^\\s*|^ *[^\\s\\p{L}] |\\x1b\\[[\\d;]*m |  |<code>|\x60|\\| |deleted with |previously )${KIND}(.+?)(?=  |${PLACE}| \\|| →|</code>|\x60|\\x1b|$`
const WITHIN = `${KIND}(.+?)(?=[.,;:)\\]?!]*(?:$|  |\\x1b| →| \\[[a-z_]+\\]| <|${PLACE}|,? (?:(?:${WORDS})(?![\\p{L}\\p{N}])|(?:${OF_PERSONS.join('|')}):))|["'\x60](?:[\\s.,;:)?]|$)|[<>])`
const ADDRESS = new RegExp(`${LISTED})|${WITHIN}`, 'gu')
/** In a line that states a problem after a colon. */
const ADDRESS_OF_WRONG = new RegExp(`${LISTED}|: )|${WITHIN}`, 'gu')
const IS_WRONG = /^(?:\s|\x1b\[[\d;]*m)*✗/
const QUOTED = /"(?:[^"\\\n]|\\.)*"/g
const DIGEST = /^(?:#|&#35;)[0-9a-f]{8}(?=$|@|&#64;)/

/** Hides email addresses or all values in outputs, as `output.mask` sets. */
export class Mask {
  mode: MaskMode
  #isFixed = false
  readonly #key = randomBytes(32)

  constructor(mode: MaskMode = 'none') {
    this.mode = mode
  }

  /** Sets the mode from the command line, which overrides the manifest. */
  fix(mode: MaskMode): void {
    this.mode = mode
    this.#isFixed = true
  }

  /** Sets the default of an output for publishing. Call it before the manifest is read. */
  propose(mode: MaskMode): void {
    if (!this.#isFixed) this.mode = mode
  }

  /** Sets the mode from the manifest; undefined keeps the default. */
  follow(mode: MaskMode | undefined): void {
    if (mode !== undefined && !this.#isFixed) this.mode = mode
  }

  /**
   * Masks each email address as `a***@example.com`. With `all`, addresses and quoted texts become
   * `***`, and keys of users become digests.
   */
  text(text: string): string {
    if (this.mode === 'none') return text
    if (this.mode === 'emails') return maskAddresses(maskSelectors(text))
    return text
      .split('\n')
      .map((line) => this.#line(line))
      .join('\n')
  }

  /** Masks only the addresses in text from the manifest, which contains no user data. */
  ownText(text: string): string {
    if (this.mode === 'none') return text
    const hidden = this.mode === 'all' ? HIDDEN : undefined
    return maskAddresses(maskSelectors(text, hidden), hidden)
  }

  /** Masks a value of a field: completely with `all`, otherwise like `text`. */
  value(value: string): string {
    return this.mode === 'all' ? HIDDEN : this.text(value)
  }

  /** Masks the key of a resource. With `all`, the key of a user becomes a digest. */
  key(kind: string, key: string): string {
    if (this.mode !== 'all') return this.text(key)
    return OF_PERSONS.includes(kind) ? this.#digest(key) : key
  }

  /** Masks a text that can contain the given texts without quotes. */
  sentence(text: string, hidden: ReadonlyMap<string, string>): string {
    return this.mode === 'all' ? this.text(replaced(text, hidden)) : this.text(text)
  }

  /** A function that masks an output piece by piece, as text or as JSON. */
  output(): (piece: string) => string {
    const json = new JsonMask(
      (kind, key) => this.key(kind, key),
      (text, key) => this.about(text, key),
      (text) => this.ownText(hideSelector(text, (key) => this.#digest(key))),
    )
    let isJson: boolean | undefined
    return (piece) => {
      if (this.mode !== 'all') return this.text(piece)
      if (isJson === undefined && piece.trim() !== '') isJson = /^\s*[[{]/.test(piece)
      return isJson === true ? json.piece(piece) : this.text(piece)
    }
  }

  /** Masks a line: a key of a user is hidden everywhere in the line. */
  #line(line: string): string {
    const pilot = hideChosenUsers(line, (key) => this.#digest(key))
    if (pilot !== undefined) return maskAddresses(maskSelectors(pilot, HIDDEN), HIDDEN)
    const keys = new Map<string, string>()
    const addresses = IS_WRONG.test(line) ? ADDRESS_OF_WRONG : ADDRESS
    const named = line.replace(addresses, (_, ofList?: string, listed?: string, ofText?: string, word?: string) => {
      const kind = ofList ?? ofText ?? ''
      const written = listed ?? word ?? ''
      const key = written.replace(/[:,.)]+$/, '')
      const rest = written.slice(key.length)
      if (DIGEST.test(key)) return `${kind}:${written}`
      const hidden = this.#digest(key)
      for (const part of [key, ...partsOf(key)]) keys.set(part, this.#digest(part))
      return `${kind}:${hidden}${rest}`
    })
    // The key of a merged record after an arrow, and a key after a place in a list.
    const merged = named
      .replace(/(≠.* → )(.+)$/u, (_, before: string, key: string) => before + this.#digest(key))
      .replace(
        /^(\s+\S+:\d+ {2})(?![\p{L}-]+:)(.+?)(?= {2}|$)/u,
        (_, place: string, key: string) => place + this.#digest(key),
      )
    const quoted = merged.replace(QUOTED, `"${HIDDEN}"`)
    return maskAddresses(maskSelectors(replaced(quoted, keys), HIDDEN), HIDDEN)
  }

  /** Masks a text about a resource, which can contain its key without its kind. */
  about(text: string, key: string): string {
    if (this.mode !== 'all') return this.text(text)
    const parts = key === '' ? [] : [key, ...partsOf(key)]
    return this.text(replaced(text, new Map(parts.map((part) => [part, this.#digest(part)]))))
  }

  #digest(key: string): string {
    return `#${createHmac('sha256', this.#key).update(key).digest('hex').slice(0, 8)}`
  }
}

/** Replaces keys that occur as separate words. */
function replaced(text: string, keys: ReadonlyMap<string, string>): string {
  let shown = text
  for (const [key, digest] of keys) shown = replacedWord(shown, key, digest)
  return shown
}

/** Uses no regular expression, because a key can be too long for one. */
function replacedWord(text: string, key: string, digest: string): string {
  let shown = ''
  let done = 0
  for (let at = text.indexOf(key); at !== -1; at = text.indexOf(key, at + 1)) {
    const end = at + key.length
    if (
      at < done ||
      ENDS_IN_WORD.test(text.slice(Math.max(0, at - 2), at)) ||
      BEGINS_WITH_WORD.test(text.slice(end, end + 2))
    )
      continue
    shown += text.slice(done, at) + digest
    done = end
  }
  return shown + text.slice(done)
}

const ENDS_IN_WORD = /[\p{L}\p{N}_]$/u
const BEGINS_WITH_WORD = /^[\p{L}\p{N}_]/u

/** The user in the key of a membership: `user@organization`. */
function partsOf(key: string): string[] {
  const at = Math.max(key.lastIndexOf('@'), key.lastIndexOf('&#64;'))
  return at > 0 ? [key.slice(0, at)] : []
}

/** The default mode: `emails` in CI, because many people can read pipeline logs. */
export function defaultMode(env: Record<string, string | undefined>): MaskMode {
  const { CI } = env
  return CI === undefined || /^(|0|false|no)$/i.test(CI) ? 'none' : 'emails'
}

/** The @ of an address: plain, in Markdown, in a URL, in JSON. */
const AT = /@|&#64;|%40|\\u0040/g

/** A character before the @, also escaped as in JSON, `printable` or Markdown. */
const UNIT = String.raw`(?:\\u[\da-fA-F]{4}|\\u\{[\da-f]+\}|\\x[\da-f]{2}|&#\d+;|[\p{L}\p{M}\p{N}._%+'/=!#$&*?^\x60{}~-])`
const LOCAL = new RegExp(`${UNIT}+$`, 'u')
/** In quotes, as in JSON text: `\"ada b\"`. */
const QUOTED_LOCAL = /\\"[^"\\\n]+\\"$/

/**
 * Labels separated by dots, or a truncated domain. Each text matches in only one way, so that the
 * cost is linear.
 */
const LABEL = String.raw`(?:[\p{L}\p{M}\p{N}]|&#45;|-)+`
const DOMAIN = new RegExp(String.raw`${LABEL}(?:\.${LABEL})+|(?:${LABEL}(?:\.${LABEL})*\.?)?…`, 'uy')

/** Characters to search before the @. The part has at most 64 octets, some written as entities. */
const LOOK_BACK = 400

/** An invalid value in place of an address, as the message of kinds/values/email.ts quotes it. */
const NO_ADDRESS = /(\\?")((?:[^"\\\n]|\\[^"])+)\1(?= is not an? (?:valid )?e(?:-|&#45;)?mail address)/g

/**
 * Masks each email address as `a***@example.com`, or with `hidden`. The text stays valid JSON,
 * Markdown and terminal text. The cost stays linear even for long runs before an @.
 */
function maskAddresses(text: string, hidden?: string): string {
  if (!/@|&#64;|%40|\\u0040|is not an? (?:valid )?e(?:-|&#45;)?mail/.test(text)) return text
  let masked = ''
  let done = 0
  for (const { 0: at, index } of text.matchAll(AT)) {
    if (index < done) continue
    DOMAIN.lastIndex = index + at.length
    const domain = DOMAIN.exec(text)?.[0]
    if (domain === undefined) continue
    const start = startOf(text.slice(Math.max(done, index - LOOK_BACK), index), index)
    if (start === index) continue
    const local = text.slice(start, index)
    // `email:*@example.com` selects a domain and identifies nobody.
    if (/^[*?]+$/.test(local)) continue
    const end = index + at.length + domain.length
    masked += text.slice(done, start)
    masked += hidden ?? `${firstOf(local)}***${text.slice(index, end)}`
    done = end
  }
  return `${masked}${text.slice(done)}`.replace(NO_ADDRESS, '$1***$1')
}

/** The start of the part before the @; `before` ends at `index`. */
function startOf(before: string, index: number): number {
  const found = LOCAL.exec(before)?.[0] ?? QUOTED_LOCAL.exec(before)?.[0] ?? ''
  const ahead = before.slice(0, before.length - found.length)
  // The end of an escape is not part of the address: a terminal color, a line break in JSON.
  const colour = /\x1b\[[\d;?]*$/.test(ahead) ? /^[\d;?]*[A-Za-z]/.exec(found)?.[0].length : undefined
  const lineEnd = /(?<!\\)(?:\\\\)*\\$/.test(ahead) && /^[nrtbf]/.test(found) ? 1 : 0
  // Neither are marks around it: a Markdown code span, a quote.
  const marks = /^[`'*|=~_/!?^+{}]+(?=[\p{L}\p{N}])/u.exec(found)?.[0].length ?? 0
  return index - found.length + (colour ?? (lineEnd || marks))
}

function firstOf(local: string): string {
  const plain = local.replace(/\\u[\da-fA-F]{4}|\\u\{[\da-f]+\}|\\x[\da-f]{2}|&#\d+;/g, '')
  return /[\p{L}\p{N}]/u.exec(plain)?.[0] ?? ''
}

const KINDS = 'organization|user|email|domain'

/** `email:ada*`, also in Markdown. `email:ADDRESS` is a placeholder in the help. */
const BY_ADDRESS = /(?<![\p{L}\p{N}_-])email:(?!ADDRESS(?![\p{L}\p{N}_.@*?-]))((?:\\[*?_~.!-]|[^\s,;"<>`()\\])+)/gu

/** The start of the line that describes the pilot, in text, HTML and Markdown. */
const OF_PILOT = /^(?:\x1b\[[\d;]*m)*(?:Pilot(?:\x1b\[[\d;]*m)* {2}|pilot: |> \*\*Pilot\*\*: |Done: the pilot \()/

/** A selector by key in such a line. It ends at the next selector or the rest of the sentence. */
const BY_KEY = new RegExp(
  `(?<![\\p{L}\\p{N}_-])user:(.+?)(?=,?\`?(?:,| and) \`?(?:${KINDS}):| and \\d[\\d,]* more|; the first |\`?\\. Out of scope|\\) is in WorkOS|$)`,
  'gu',
)

/**
 * Hides the name in each selector by address, because patterns do not look like addresses. A name
 * of only wildcards identifies nobody.
 * @param hidden replaces the whole selector
 */
function maskSelectors(text: string, hidden?: string): string {
  if (!text.includes('email:')) return text
  return text.replace(BY_ADDRESS, (whole, pattern: string) => {
    const at = /(?:@|&#64;)[^@]*$/.exec(pattern)
    const name = at === null ? pattern : pattern.slice(0, at.index)
    if (/^(?:\\?[*?])*$/.test(name)) return whole
    // The full stop of the sentence is not part of the selector.
    const end = /[.?]?$/.exec(pattern)?.[0] ?? ''
    if (hidden !== undefined) return `email:${hidden}${end}`
    return `email:${/[\p{L}\p{N}]/u.exec(name)?.[0] ?? ''}***${at?.[0] ?? end}`
  })
}

/** Replaces the keys of users in the line of the pilot; undefined for any other line. */
function hideChosenUsers(line: string, digest: (key: string) => string): string | undefined {
  if (!OF_PILOT.test(line)) return undefined
  return line.replace(BY_KEY, (_, key: string) => `user:${hideChosenUser(key, digest)}`)
}

/** Hides the key in one selector of a JSON document. */
function hideSelector(selector: string, digest: (key: string) => string): string {
  const user = /^\s*user\s*:\s*(.*)$/su.exec(selector)?.[1]
  return user === undefined ? selector : `user:${hideChosenUser(user, digest)}`
}

/** Keeps a pattern of only wildcards, and a digest. */
function hideChosenUser(key: string, digest: (key: string) => string): string {
  return /^(?:(?:\\?[*?])+|#[0-9a-f]{8})$/.test(key) ? key : digest(key)
}

/** Members whose text is this program's own or a place, never data from the source. */
const OWN: ReadonlySet<string> = new Set(
  `format version type kind plural code stream path field fields reason fate algorithm matchedBy ownership outcome severity
  command environment baseUrl toolVersion digest lineage state location manifest startedAt finishedAt file folder
  origin id workos_id run why rule event phase purpose action check status reapply changed effect`.split(/\s+/),
)
/** The member with the selectors of the pilot. */
const SELECTORS = 'only'
/** Members with sentences. */
const SENTENCES: ReadonlySet<string> = new Set(['message', 'hint', 'help', 'path', 'publicMessage'])
/** Members with the key of a resource. */
const KEYS: ReadonlySet<string> = new Set(['key', 'merged', 'former', 'user', 'external_id', 'canonical'])

/**
 * Members with this program's own objects. In other objects, member names are data: a column named
 * `id` or `type` can contain anything.
 */
const OWN_OBJECTS: ReadonlySet<string> = new Set(
  `inputs target state reading snapshot accounting streams records leftOutBy at kinds duplicates cases mergeCounts summary notes
  passwords algorithms weak reasons handoff invitations estimate refusals warnings notices unmappedRoles totpUnsupportedCounts blocked fields actions
  with changes drift spared rejects leftOut orphans merges conflicts lostRoles totpUnsupported runs counts run causes groups
  examples items findings problems problem explanations secrets scope outOfScope only checks stopped`.split(/\s+/),
)

const TOKEN = /"((?:[^"\\]|\\.)*)"(\s*:)?|[{}[\]]/g

/**
 * Masks a JSON document in pieces of whole tokens. Text that is not known as the program's own
 * becomes `***`. Numbers and booleans stay.
 */
class JsonMask {
  readonly #key: (kind: string, key: string) => string
  readonly #text: (text: string, key: string) => string
  readonly #selector: (text: string) => string
  #name = ''
  #kind = ''
  /** The key of the current object. */
  #about = ''
  /** For each open object and list, whether its members are this program's own. */
  readonly #open: { own: boolean; list: boolean }[] = []

  constructor(
    key: (kind: string, key: string) => string,
    text: (text: string, key: string) => string,
    selector: (text: string) => string,
  ) {
    this.#key = key
    this.#text = text
    this.#selector = selector
  }

  piece(text: string): string {
    return text.replace(TOKEN, (token: string, content: string | undefined, colon: string | undefined) => {
      if (content === undefined) {
        this.#bracket(token)
        return token
      }
      if (colon !== undefined) {
        this.#name = content
        return `"${this.#text(content, '')}"${colon}`
      }
      return JSON.stringify(this.#shown(content))
    })
  }

  #bracket(token: string): void {
    if (token === '}' || token === ']') {
      this.#open.pop()
      return
    }
    const outer = this.#open.at(-1)
    const own = outer === undefined || (outer.own && (outer.list || OWN_OBJECTS.has(this.#name)))
    this.#open.push({ own, list: token === '[' })
    // The next object has its own kind.
    if (token === '[') return
    this.#kind = ''
    this.#about = ''
  }

  #shown(content: string): string {
    const value: string = JSON.parse(`"${content}"`)
    if (this.#open.at(-1)?.own === false) return '***'
    if (this.#name === 'kind') this.#kind = value
    if (this.#name === SELECTORS) return this.#selector(value)
    if (SENTENCES.has(this.#name)) return this.#text(value, this.#about)
    if (this.#name === 'key') this.#about = value
    if (this.#name === 'address') return this.#address(value)
    if (KEYS.has(this.#name)) return this.#key(this.#kind === '' ? 'user' : this.#kind, value)
    return OWN.has(this.#name) ? this.#text(value, '') : '***'
  }

  /** Keeps the kind of `user:u1`. */
  #address(value: string): string {
    const colon = value.indexOf(':')
    const kind = value.slice(0, Math.max(0, colon))
    return colon < 0 ? this.#key('user', value) : `${kind}:${this.#key(kind, value.slice(colon + 1))}`
  }
}
