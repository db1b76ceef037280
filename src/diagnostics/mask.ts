import { createHmac, randomBytes } from 'node:crypto'

/** What outputs show of people: everything, no whole e-mail address, or no value at all. */
export type MaskMode = 'none' | 'emails' | 'all'

export const MASK_MODES: readonly MaskMode[] = ['none', 'emails', 'all']

/** What stands in place of a value. */
const HIDDEN = '***'

/** Kinds whose key is a person's, or tells whose it is. */
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
/** A place in brackets behind a key. Other brackets may be the key's own: `CN=Ada (Jr.)`. */
const PLACE = ' \\((?=\\.{0,2}/|[^()\\s]*:\\d)'
/** Words that texts go on with behind a key. */
const WORDS =
  'is|was|does|has|are|on|in|or|and|out|outside|already|stays|stands|which|that|refers|not|failed|as|by|until|for|of|to|the|with|follows|goes|leaves|needs|ask'
/**
 * A resource as texts name it: `user:u1`. Its key may have blanks and brackets. Where it is listed,
 * it ends before two blanks, a place or what ends a cell; within a sentence before words that a
 * text goes on with, so that too much is hidden rather than too little.
 */
const LISTED = `(?<=^\\s*|^ *[^\\s\\p{L}] |\\x1b\\[[\\d;]*m |  |<code>|\x60|\\| |goes with its |until now )${KIND}(.+?)(?=  |${PLACE}| \\|| →|</code>|\x60|\\x1b|$`
const WITHIN = `${KIND}(.+?)(?=[.,;:)\\]?!]*(?:$|  |\\x1b| →| \\[[a-z_]+\\]| <|${PLACE}|,? (?:(?:${WORDS})(?![\\p{L}\\p{N}])|(?:${OF_PERSONS.join('|')}):))|["'\x60](?:[\\s.,;:)?]|$)|[<>])`
const ADDRESS = new RegExp(`${LISTED})|${WITHIN}`, 'gu')
/** In a line that says behind a colon what is wrong with it. */
const ADDRESS_OF_WRONG = new RegExp(`${LISTED}|: )|${WITHIN}`, 'gu')
const IS_WRONG = /^(?:\s|\x1b\[[\d;]*m)*✗/
const QUOTED = /"(?:[^"\\\n]|\\.)*"/g
const DIGEST = /^(?:#|&#35;)[0-9a-f]{8}(?=$|@|&#64;)/

/**
 * Keeps e-mail addresses, or all values, out of what is shown. The manifest's `output.mask` says
 * which.
 */
export class Mask {
  mode: MaskMode
  #isFixed = false
  readonly #key = randomBytes(32)

  constructor(mode: MaskMode = 'none') {
    this.mode = mode
  }

  /** What the command line says, over what the manifest does. */
  fix(mode: MaskMode): void {
    this.mode = mode
    this.#isFixed = true
  }

  /** The default of an output that is made to be published. Call it before the manifest is read. */
  propose(mode: MaskMode): void {
    if (!this.#isFixed) this.mode = mode
  }

  /** What the manifest says; nothing leaves the default. */
  follow(mode: MaskMode | undefined): void {
    if (mode !== undefined && !this.#isFixed) this.mode = mode
  }

  /**
   * Text for people with each e-mail address as `a***@example.com`. With `all`, addresses and
   * whatever stands in quotes are `***`, and keys of persons digests.
   */
  text(text: string): string {
    if (this.mode === 'none') return text
    if (this.mode === 'emails') return maskAddresses(maskSelectors(text))
    return text
      .split('\n')
      .map((line) => this.#line(line))
      .join('\n')
  }

  /**
   * Text that somebody wrote here, the manifest's: addresses are hidden, and nothing else of it is
   * anybody's.
   */
  ownText(text: string): string {
    if (this.mode === 'none') return text
    const hidden = this.mode === 'all' ? HIDDEN : undefined
    return maskAddresses(maskSelectors(text, hidden), hidden)
  }

  /** A value of a field: with `all` nothing of it, else as `text` does it. */
  value(value: string): string {
    return this.mode === 'all' ? HIDDEN : this.text(value)
  }

  /**
   * The key of a resource: with `all` a digest of a person's, by which two can be told apart within
   * one output.
   */
  key(kind: string, key: string): string {
    if (this.mode !== 'all') return this.text(key)
    return OF_PERSONS.includes(kind) ? this.#digest(key) : key
  }

  /** A text about resources, in which some of the given texts may stand without quotes. */
  sentence(text: string, hidden: ReadonlyMap<string, string>): string {
    return this.mode === 'all' ? this.text(replaced(text, hidden)) : this.text(text)
  }

  /** What masks the pieces of one output after another: text, or JSON where it begins like that. */
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

  /** One line: what it names a person by is hidden wherever it stands in it. */
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
    // The record that another one became part of; and one that is listed by its place, with its key
    // behind it.
    const merged = named
      .replace(/(≠.* → )(.+)$/u, (_, before: string, key: string) => before + this.#digest(key))
      .replace(
        /^(\s+\S+:\d+ {2})(?![\p{L}-]+:)(.+?)(?= {2}|$)/u,
        (_, place: string, key: string) => place + this.#digest(key),
      )
    const quoted = merged.replace(QUOTED, `"${HIDDEN}"`)
    return maskAddresses(maskSelectors(replaced(quoted, keys), HIDDEN), HIDDEN)
  }

  /** A text about a resource, in which its key may stand without its kind. */
  about(text: string, key: string): string {
    if (this.mode !== 'all') return this.text(text)
    const parts = key === '' ? [] : [key, ...partsOf(key)]
    return this.text(replaced(text, new Map(parts.map((part) => [part, this.#digest(part)]))))
  }

  #digest(key: string): string {
    return `#${createHmac('sha256', this.#key).update(key).digest('hex').slice(0, 8)}`
  }
}

/** Text in which none of the keys stands as a word of its own. */
function replaced(text: string, keys: ReadonlyMap<string, string>): string {
  let shown = text
  for (const [key, digest] of keys) shown = replacedWord(shown, key, digest)
  return shown
}

/** Without a regular expression of the key: it may be longer than one may be. */
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

/** The user of a membership, whose key is made of both. */
function partsOf(key: string): string[] {
  const at = Math.max(key.lastIndexOf('@'), key.lastIndexOf('&#64;'))
  return at > 0 ? [key.slice(0, at)] : []
}

/**
 * What holds where neither the command line nor the manifest says it: logs of a pipeline are read
 * by many.
 */
export function defaultMode(env: Record<string, string | undefined>): MaskMode {
  const { CI } = env
  return CI === undefined || /^(|0|false|no)$/i.test(CI) ? 'none' : 'emails'
}

/** The @ of an address: as it is, in Markdown, in a URL, in JSON. */
const AT = /@|&#64;|%40|\\u0040/g

/**
 * A character of the part before the @, also as an escape of JSON, of this program's own texts or
 * of Markdown.
 */
const UNIT = String.raw`(?:\\u[\da-fA-F]{4}|\\u\{[\da-f]+\}|\\x[\da-f]{2}|&#\d+;|[\p{L}\p{M}\p{N}._%+'/=!#$&*?^\x60{}~-])`
const LOCAL = new RegExp(`${UNIT}+$`, 'u')
/** In quotes, as it stands in JSON text: `\"ada b\"`. */
const QUOTED_LOCAL = /\\"[^"\\\n]+\\"$/

/**
 * Labels with dots between them; or a beginning that was cut off. Each text matches in one way
 * only: a long label costs its length.
 */
const LABEL = String.raw`(?:[\p{L}\p{M}\p{N}]|&#45;|-)+`
const DOMAIN = new RegExp(String.raw`${LABEL}(?:\.${LABEL})+|(?:${LABEL}(?:\.${LABEL})*\.?)?…`, 'uy')

/**
 * What is looked back for the part before the @, which has 64 octets at most, some of them written
 * as entities.
 */
const LOOK_BACK = 400

/** A value that should be an address and is invalid. */
const NO_ADDRESS = /(\\?")((?:[^"\\\n]|\\[^"])+)\1(?= is not an e(?:-|&#45;)?mail address)/g

/**
 * Text with each e-mail address as `a***@example.com`, or as what is given. It stays well-formed
 * JSON, Markdown and terminal text. Longer runs before the @ than an address has are no reason to
 * look at them again and again.
 */
function maskAddresses(text: string, hidden?: string): string {
  if (!/@|&#64;|%40|\\u0040|is not an e(?:-|&#45;)?mail/.test(text)) return text
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
    // `email:*@example.com` chooses a domain, and names nobody.
    if (/^[*?]+$/.test(local)) continue
    const end = index + at.length + domain.length
    masked += text.slice(done, start)
    masked += hidden ?? `${firstOf(local)}***${text.slice(index, end)}`
    done = end
  }
  return `${masked}${text.slice(done)}`.replace(NO_ADDRESS, '$1***$1')
}

/** Where the part before the @ begins; `before` ends at `index`. */
function startOf(before: string, index: number): number {
  const found = LOCAL.exec(before)?.[0] ?? QUOTED_LOCAL.exec(before)?.[0] ?? ''
  const ahead = before.slice(0, before.length - found.length)
  // What ends an escape is not the address's: a colour of the terminal, a line end in JSON.
  const colour = /\x1b\[[\d;?]*$/.test(ahead) ? /^[\d;?]*[A-Za-z]/.exec(found)?.[0].length : undefined
  const lineEnd = /(?<!\\)(?:\\\\)*\\$/.test(ahead) && /^[nrtbf]/.test(found) ? 1 : 0
  // Marks around it are the text's own: a code span of Markdown, a quote.
  const marks = /^[`'*|=~_/!?^+{}]+(?=[\p{L}\p{N}])/u.exec(found)?.[0].length ?? 0
  return index - found.length + (colour ?? (lineEnd || marks))
}

function firstOf(local: string): string {
  const plain = local.replace(/\\u[\da-fA-F]{4}|\\u\{[\da-f]+\}|\\x[\da-f]{2}|&#\d+;/g, '')
  return /[\p{L}\p{N}]/u.exec(plain)?.[0] ?? ''
}

/** What selectors of a pilot choose by. */
const KINDS = 'organization|user|email|domain'

/**
 * `email:ada*`, also as it stands in Markdown; `email:ADDRESS` is this program's own word for any.
 */
const BY_ADDRESS = /(?<![\p{L}\p{N}_-])email:(?!ADDRESS(?![\p{L}\p{N}_.@*?-]))((?:\\[*?_~.!-]|[^\s,;"<>`()\\])+)/gu

/** The line that says of whom a run speaks, as it begins in text, in a report and in Markdown. */
const OF_PILOT = /^(?:\x1b\[[\d;]*m)*(?:Pilot(?:\x1b\[[\d;]*m)* {2}|pilot: |> \*\*Pilot\*\*: |Done: the pilot \()/

/**
 * A selector by key in such a line: it ends where the next one begins, or what is said of all of
 * them.
 */
const BY_KEY = new RegExp(
  `(?<![\\p{L}\\p{N}_-])user:(.+?)(?=,?\`?(?:,| and) \`?(?:${KINDS}):| and \\d[\\d,]* more|; the first |\`?\\. Out of scope|\\) is in WorkOS|$)`,
  'gu',
)

/**
 * Hides the name in each selector by address: a pattern is not recognised as an address. A name
 * that consists of pattern signs alone before the @ names nobody.
 * @param hidden in place of all of it
 */
function maskSelectors(text: string, hidden?: string): string {
  if (!text.includes('email:')) return text
  return text.replace(BY_ADDRESS, (whole, pattern: string) => {
    const at = /(?:@|&#64;)[^@]*$/.exec(pattern)
    const name = at === null ? pattern : pattern.slice(0, at.index)
    if (/^(?:\\?[*?])*$/.test(name)) return whole
    // The end of a sentence is not the selector's.
    const end = /[.?]?$/.exec(pattern)?.[0] ?? ''
    if (hidden !== undefined) return `email:${hidden}${end}`
    return `email:${/[\p{L}\p{N}]/u.exec(name)?.[0] ?? ''}***${at?.[0] ?? end}`
  })
}

/**
 * A line that says of whom a run speaks, with a digest for each key of a user. Undefined: it is
 * another line.
 */
function hideChosenUsers(line: string, digest: (key: string) => string): string | undefined {
  if (!OF_PILOT.test(line)) return undefined
  return line.replace(BY_KEY, (_, key: string) => `user:${hideChosenUser(key, digest)}`)
}

/** One selector of a document, whole. */
function hideSelector(selector: string, digest: (key: string) => string): string {
  const user = /^\s*user\s*:\s*(.*)$/su.exec(selector)?.[1]
  return user === undefined ? selector : `user:${hideChosenUser(user, digest)}`
}

/** A pattern for everybody names nobody, and a digest stays one. */
function hideChosenUser(key: string, digest: (key: string) => string): string {
  return /^(?:(?:\\?[*?])+|#[0-9a-f]{8})$/.test(key) ? key : digest(key)
}

/** Members whose text is this program's own, or a place: nothing of the source's. */
const OWN: ReadonlySet<string> = new Set(
  `format version type kind plural code stream path field fields reason fate algorithm matchedBy ownership outcome severity
  command environment baseUrl toolVersion digest lineage state location manifest startedAt finishedAt file folder
  origin id workos_id run why rule event phase purpose action check status reapply changed effect`.split(/\s+/),
)
/** The member that says whom a pilot is of. */
const SELECTORS = 'only'
/** Members that hold sentences. */
const SENTENCES: ReadonlySet<string> = new Set(['message', 'hint', 'help', 'path', 'publicMessage'])
/** Members that hold the key of a resource. */
const KEYS: ReadonlySet<string> = new Set(['key', 'merged', 'former', 'user', 'external_id', 'canonical'])

/**
 * Members whose objects are this program's own. Of any other one the names of members are data: a
 * column may be called id or type, and tells nothing about what stands in it.
 */
const OWN_OBJECTS: ReadonlySet<string> = new Set(
  `inputs target state reading snapshot accounting streams records leftOutBy at kinds duplicates cases mergeCounts summary notes
  passwords algorithms weak reasons handoff invitations estimate refusals warnings notices unmappedRoles totpUnsupportedCounts blocked fields actions
  with changes drift spared rejects leftOut orphans merges conflicts lostRoles totpUnsupported runs counts run causes groups
  examples items findings problems problem explanations secrets scope outOfScope only checks stopped`.split(/\s+/),
)

const TOKEN = /"((?:[^"\\]|\\.)*)"(\s*:)?|[{}[\]]/g

/**
 * Hides the text of a JSON document that comes in pieces, each of whole tokens: what is not known
 * for the program's own is `***`. Numbers and booleans are counts and flags, and stay.
 */
class JsonMask {
  readonly #key: (kind: string, key: string) => string
  readonly #text: (text: string, key: string) => string
  readonly #selector: (text: string) => string
  #name = ''
  #kind = ''
  /** Of the object at hand. */
  #about = ''
  /** For each object and list that is open, whether its members are this program's own. */
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
    // The kind of one object says nothing of the next one.
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

  /** `user:u1`: the kind stays. */
  #address(value: string): string {
    const colon = value.indexOf(':')
    const kind = value.slice(0, Math.max(0, colon))
    return colon < 0 ? this.#key('user', value) : `${kind}:${this.#key(kind, value.slice(colon + 1))}`
  }
}
