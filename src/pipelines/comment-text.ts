/**
 * The text of a comment. In: Markdown of any length. Out: Markdown that a comment has room for, whose first line says whose it is.
 */

/** The first line of a comment, which the next run finds it by. No renderer shows it. */
export function markerOf(key: string): string {
  return `<!-- workos-migrate plan: ${key} -->`
}

/** What may be a key: nothing that could end the marker. */
export function isCommentKey(text: string): boolean {
  return /^[\w.][\w. -]{0,99}$/.test(text) && !text.includes('--')
}

export interface CommentText {
  key: string
  /** Markdown. */
  text: string
  /** Below the text, and never cut: where it comes from. */
  footer: string
  /** In place of what had no room: where all of it is. */
  rest: string
}

/** The whole comment, of at most `room` characters. */
export function composeComment({ key, text, footer, rest }: CommentText, room: number): string {
  const [above, below] = [`${markerOf(key)}\n`, `\n\n${footer}\n`]
  const body = text.trim()
  const left = room - above.length - below.length
  return `${above}${body.length <= left ? body : cut(body, rest, left)}${below}`
}

/** Whole lines from the beginning of a text, with everything closed that is open where it ends, and what is said of the rest. */
function cut(text: string, rest: string, room: number): string {
  const lines = text.split('\n')
  const open = new OpenBlocks()
  let kept = ''
  let fitting = rest
  for (const line of lines) {
    kept += `${line}\n`
    open.add(line)
    const ended = `${kept}${open.closing()}\n${rest}`
    if (kept.length + rest.length > room) break
    if (ended.length <= room) fitting = ended
  }
  return fitting
}

/** Which blocks of a text of Markdown are open, line by line. */
class OpenBlocks {
  #fence: string | undefined
  #folded = 0

  add(line: string): void {
    const [, marks = ''] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? []
    if (this.#fence === undefined) {
      if (marks !== '') this.#fence = marks
      else this.#folded += count(line, '<details') - count(line, '</details>')
    } else if (marks.startsWith(this.#fence) && line.trim() === marks) this.#fence = undefined
  }

  get isCode(): boolean {
    return this.#fence !== undefined
  }

  closing(): string {
    const fence = this.#fence === undefined ? '' : `${this.#fence}\n`
    return `${fence}${'\n</details>\n'.repeat(Math.max(0, this.#folded))}`
  }
}

function count(line: string, part: string): number {
  return line.split(part).length - 1
}

/** The text with each line changed that stands outside of blocks of code. */
export function mapProse(text: string, change: (line: string) => string): string {
  const open = new OpenBlocks()
  return text
    .split('\n')
    .map((line) => {
      const within = open.isCode
      open.add(line)
      return within || open.isCode ? line : change(line)
    })
    .join('\n')
}
