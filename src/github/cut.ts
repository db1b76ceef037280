/** How much text a place of GitHub's holds, and how it counts. */
export interface Room {
  limit: number
  size(text: string): number
}

/** A comment, and the body of an issue: 65,536 characters. UTF-16 units are never fewer than characters. */
export const COMMENT: Room = { limit: 65_536, size: (text) => text.length }

/** The summary of a step, 1 MiB: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary */
export const SUMMARY: Room = { limit: 1024 * 1024, size: (text) => Buffer.byteLength(text) }

/**
 * As much of a Markdown text as there is room for, cut at the end of a line. What is open there, a fence or folded details, is closed, and
 * `note` follows. Text that fits is left as it is.
 */
export function cutMarkdown(text: string, { limit, size }: Room, note: string): string {
  if (size(text) <= limit) return text
  const end = `\n${note}\n`
  let kept = ''
  let used = 0
  const open = new Open()
  for (const line of linesOf(text)) {
    const before = open.closing
    open.read(line)
    const length = size(line)
    if (used + length + size(open.closing) + size(end) <= limit) {
      kept += line
      used += length
      continue
    }
    return `${kept}${before}${end}`
  }
  return kept
}

function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const found = text.indexOf('\n', at)
    const next = found === -1 ? text.length : found + 1
    yield text.slice(at, next)
    at = next
  }
}

/** What is open behind a line. */
class Open {
  #fence: string | undefined
  #details = 0

  read(line: string): void {
    const fence = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (this.#fence !== undefined) {
      // A fence ends with one of the same sign that is as long or longer, and nothing behind it.
      const ends = fence?.startsWith(this.#fence) && /^ {0,3}(`+|~+)\s*$/.test(line)
      if (ends) this.#fence = undefined
      return
    }
    if (fence !== undefined) {
      this.#fence = fence
      return
    }
    this.#details += (line.match(/<details>/g) ?? []).length - (line.match(/<\/details>/g) ?? []).length
  }

  get closing(): string {
    const fence = this.#fence === undefined ? '' : `${this.#fence}\n`
    return `${fence}${'\n</details>\n'.repeat(Math.max(this.#details, 0))}`
  }
}
