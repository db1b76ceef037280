import { FIRST_MARK } from '../report.ts'
import type { Lines } from './filter.ts'

/** The unpacked rows of one grid. */
export class Rows implements Lines {
  readonly json: string[] = []
  readonly lower: string[] = []
  readonly groups: number[] = []
  readonly facets: number[] = []
  isWhole = false
  readonly #listeners: (() => void)[] = []

  /** Calls back when rows are added. */
  onMore(listener: () => void): void {
    this.#listeners.push(listener)
  }

  add(text: string): void {
    const lower = text.toLowerCase().split('\n')
    for (const [n, line] of text.split('\n').entries()) {
      if (line === '') continue
      this.groups.push(line.charCodeAt(0) - FIRST_MARK)
      this.facets.push(line.charCodeAt(1) - FIRST_MARK)
      this.json.push(line.slice(2))
      this.lower.push((lower[n] ?? '').slice(2))
    }
    this.#tell()
  }

  end(): void {
    this.isWhole = true
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** Unpacks the chunks of the page in order, and removes them. */
export async function unpack(grids: ReadonlyMap<string, Rows>): Promise<void> {
  for (const chunk of document.querySelectorAll<HTMLScriptElement>('script[data-grid]')) {
    const packed: unknown = JSON.parse(chunk.textContent ?? '""')
    const rows = grids.get(chunk.dataset.grid ?? '')
    chunk.remove()
    if (typeof packed === 'string') rows?.add(await inflate(packed))
  }
  for (const rows of grids.values()) rows.end()
}

async function inflate(packed: string): Promise<string> {
  const binary = atob(packed)
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at)
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text()
}
