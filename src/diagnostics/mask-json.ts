/** Members whose text is this program's own, or a place: nothing of the source's. */
const OWN: ReadonlySet<string> = new Set(
  `format version type kind plural code stream path field fields reason fate algorithm matchedBy ownership outcome severity
  command environment baseUrl toolVersion digest lineage state location manifest startedAt finishedAt file folder
  origin id workos_id run why rule event phase purpose action`.split(/\s+/),
)
/** The member that says whom a pilot is of. */
const SELECTORS = 'only'
/** Members that hold sentences. */
const SENTENCES: ReadonlySet<string> = new Set(['message', 'hint', 'path', 'publicMessage'])
/** Members that hold the key of a resource. */
const KEYS: ReadonlySet<string> = new Set(['key', 'merged', 'former', 'user', 'external_id', 'canonical'])

/**
 * Members whose objects are this program's own. Of any other one the names of members are data: a column may be called id or type, and tells
 * nothing about what stands in it.
 */
const OWN_OBJECTS: ReadonlySet<string> = new Set(
  `inputs target state reading snapshot accounting streams records leftOutBy at kinds duplicates cases mergeCounts summary notes
  passwords algorithms weak reasons handoff estimate refusals warnings notices unmappedRoles totpUnsupportedCounts blocked fields actions
  with changes drift spared rejects leftOut orphans merges conflicts lostRoles totpUnsupported runs counts run causes groups
  examples items findings problems problem explanations secrets scope outOfScope only`.split(/\s+/),
)

const TOKEN = /"((?:[^"\\]|\\.)*)"(\s*:)?|[{}[\]]/g

/**
 * Hides the text of a JSON document that comes in pieces, each of whole tokens: what is not known for the program's own is `***`. Numbers and
 * booleans are counts and flags, and stay.
 */
export class JsonMask {
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
