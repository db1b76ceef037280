/**
 * Cuts Markdown to the size that a place accepts, at the end of a line, with open blocks closed.
 */

/** The size that a place accepts, and how it counts. */
export interface Room {
  limit: number
  size(text: string): number
}

/**
 * A comment or an issue on GitHub: 65,536 characters. `length` is never less than the characters.
 */
export const COMMENT: Room = { limit: 65_536, size: (text) => text.length }

/**
 * The summary of a GitHub step, 1 MiB:
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary
 */
export const SUMMARY: Room = { limit: 1024 * 1024, size: (text) => Buffer.byteLength(text) }

/**
 * A note on GitLab:
 * https://docs.gitlab.com/administration/instance_limits/#size-of-comments-and-descriptions-of-issues-merge-requests-and-epics
 */
export const NOTE: Room = { limit: 1_000_000, size: (text) => text.length }

/**
 * As much Markdown as fits, cut at the end of a line. Open fences and folded details are closed,
 * and `note` follows. Text that fits is unchanged.
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

/** Changes each line of Markdown that is outside code blocks. */
export function mapProse(text: string, change: (line: string) => string): string {
  const open = new Open()
  let mapped = ''
  for (const line of linesOf(text)) {
    const within = open.isCode
    open.read(line)
    mapped += within || open.isCode ? line : change(line)
  }
  return mapped
}

function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const found = text.indexOf('\n', at)
    const next = found === -1 ? text.length : found + 1
    yield text.slice(at, next)
    at = next
  }
}

/** The blocks that are open after a line. */
class Open {
  #fence: string | undefined
  #details = 0

  read(line: string): void {
    const fence = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (this.#fence !== undefined) {
      // A fence ends with one of the same character, at least as long, with nothing after it.
      const ends = fence?.startsWith(this.#fence) && /^ {0,3}(`+|~+)\s*$/.test(line)
      if (ends) this.#fence = undefined
      return
    }
    if (fence !== undefined) {
      this.#fence = fence
      return
    }
    // Elsewhere in a line it is data in inline code.
    if (line.startsWith('<details>')) this.#details += 1
    if (/^<\/details>|^<details>.*<\/details>\s*$/.test(line)) this.#details -= 1
  }

  get isCode(): boolean {
    return this.#fence !== undefined
  }

  get closing(): string {
    const fence = this.#fence === undefined ? '' : `${this.#fence}\n`
    return `${fence}${'\n</details>\n'.repeat(Math.max(this.#details, 0))}`
  }
}
