import { OperatorError, SourceError } from '../diagnostics/errors.ts'
import { passingFailure } from './failures.ts'
import type { Network } from './network.ts'
import { HttpRefusal } from './refusal.ts'
import { openDownload } from './request.ts'

interface DownloadOptions {
  /** For messages, which never show the address: it may be signed. */
  what: string
  /** Without a byte, until it is given up. */
  timeoutMs: number
  dispatcher: Network['dispatcher']
  signal?: AbortSignal
}

/**
 * The bytes behind an address; a Content-Encoding is undone.
 * @throws HttpRefusal for a status that is no success; SourceError `download_broken` when it ends early or stalls; NetworkError; the signal's reason
 */
export async function* download(
  url: string,
  { what, timeoutMs, dispatcher, signal }: DownloadOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const stalled = new AbortController()
  let timer = setTimeout(() => stalled.abort(), timeoutMs)
  const onward = () => {
    clearTimeout(timer)
    timer = setTimeout(() => stalled.abort(), timeoutMs)
  }
  try {
    const either = signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal])
    const { ok, status, bytes, cancel } = await openDownload(url, { signal: either, dispatcher })
    if (!ok) {
      await cancel()
      throw new HttpRefusal({ what, status })
    }
    for await (const chunk of bytes) {
      // Whoever reads may take their time: only the network is timed.
      clearTimeout(timer)
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      onward()
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof OperatorError) throw error
    const passing = passingFailure(error, what)
    const why = stalled.signal.aborted ? `nothing came for ${timeoutMs / 1000} s` : passing
    throw new SourceError({
      code: 'download_broken',
      message: `${what} broke off: ${why}`,
      hint: 'run the same command again: it goes on where it stopped',
    })
  } finally {
    clearTimeout(timer)
  }
}
