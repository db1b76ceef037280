const MASK = '[redacted]'

/**
 * Knows every secret value of this process and keeps it out of text.
 * Values are registered the moment they are read; texts pass through `redact` on their way out.
 */
export class Redactor {
  readonly #secrets = new Set<string>()
  #pattern: RegExp | undefined

  /** Registers one secret. Values shorter than 4 characters would blank out ordinary text and are left out. */
  register(secret: string): void {
    if (secret.length < 4 || this.#secrets.has(secret)) return
    this.#secrets.add(secret)
    this.#pattern = undefined
  }

  /** The text with every registered secret, plain or as it stands in JSON or a URL, replaced by `[redacted]`. */
  redact(text: string): string {
    if (this.#secrets.size === 0) return text
    this.#pattern ??= this.#compile()
    return text.replace(this.#pattern, MASK)
  }

  #compile(): RegExp {
    const forms = new Set<string>()
    for (const secret of this.#secrets) {
      forms.add(secret)
      forms.add(JSON.stringify(secret).slice(1, -1))
      forms.add(encodeURIComponent(secret))
    }
    const longestFirst = [...forms].sort((a, b) => b.length - a.length)
    return new RegExp(longestFirst.map((form) => RegExp.escape(form)).join('|'), 'g')
  }
}
