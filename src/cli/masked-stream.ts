import type { Writable } from 'node:stream'
import type { Mask } from '../diagnostics/mask.ts'

/**
 * The stream with a mask before it: what is written as text goes through the mask, piece by piece. Everything else, a terminal's properties,
 * events, back-pressure and callbacks among it, is the stream's own. Whoever writes keeps an address in one piece.
 */
export function maskedStream<Stream extends Writable>(stream: Stream, mask: Mask): Stream {
  const masked = mask.output()
  const clean = (chunk: unknown) => {
    if (typeof chunk === 'string') return masked(chunk)
    if (chunk instanceof Uint8Array && mask.mode !== 'none') return masked(Buffer.from(chunk).toString('utf8'))
    return chunk
  }
  const writers: Partial<Record<string | symbol, (...given: unknown[]) => unknown>> = {
    write: (chunk, ...rest) => Reflect.apply(stream.write, stream, [clean(chunk), ...rest]),
    end: (...given) =>
      Reflect.apply(stream.end, stream, typeof given[0] === 'function' ? given : [clean(given[0]), ...given.slice(1)]),
  }
  return new Proxy(stream, {
    get(target, name) {
      const writer = writers[name]
      if (writer !== undefined) return writer
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  })
}
