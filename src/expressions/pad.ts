/** Characters that `$pad` may fill up to: a worker that runs out of memory inside one function takes the process with it. */
const MAX_WIDTH = 1 << 20

/** JSONata's `$pad` within bounds: https://docs.jsonata.org/string-functions#pad */
export function pad(text: string | undefined, width: number, filler?: string): string | undefined {
  if (text === undefined) return undefined
  const whole = Math.trunc(width)
  if (Math.abs(whole) > MAX_WIDTH) throw new RangeError(`$pad() fills up to at most ${MAX_WIDTH} characters`)
  const missing = Math.abs(whole) - [...text].length
  if (!(missing > 0)) return text
  const characters = [...(filler || ' ')]
  const filling = Array.from({ length: missing }, (_, at) => characters[at % characters.length]).join('')
  return whole > 0 ? text + filling : filling + text
}
