const LF = 0x0a

export interface Line {
  /** From 1. */
  line: number
  /** Without blanks around it; undefined when the line is too long to be kept. */
  content: string | undefined
}

/** The lines of a text, as many at once as a chunk of it completes. Of a line that is too long nothing is kept. */
export async function* linesOf(text: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Line[]> {
  let begun: Buffer[] = []
  let length = 0
  let line = 1
  const finish = (rest: Buffer): Line => {
    const whole = begun.length === 0 ? rest : Buffer.concat([...begun, rest])
    const content = length + rest.length > maxBytes ? undefined : whole.toString('utf8').trim()
    begun = []
    length = 0
    return { line: line++, content }
  }
  for await (const chunk of text) {
    const lines: Line[] = []
    let at = 0
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, at)) {
      lines.push(finish(chunk.subarray(at, end)))
      at = end + 1
    }
    if (at < chunk.length) {
      length += chunk.length - at
      if (length > maxBytes) begun = []
      else begun.push(chunk.subarray(at))
    }
    if (lines.length > 0) yield lines
  }
  if (length > 0) yield [finish(Buffer.alloc(0))]
}
