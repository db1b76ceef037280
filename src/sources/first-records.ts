import type { Source, SourceRecord, StreamCount } from './source.ts'

/** A source that is read only to a limit. */
export interface FirstRecords {
  source: Source
  /** Whether all records were read. Valid after `read` has ended. */
  isWhole(): boolean
}

/**
 * The first records of a source's main stream. Joined files are read whole.
 * @param others read other main streams whole, because memberships of unread organizations would be
 *   rejected
 */
export function firstRecords(source: Source, limit: number, others = false): FirstRecords {
  const [main] = source.streams
  const passed = new Map<string, number>()
  let cut = false

  async function* read(chunkSize: number): AsyncGenerator<SourceRecord[]> {
    let left = limit
    const hasOthers = others && source.streams.length > 1
    // One record more than the limit shows whether there are more.
    for await (const chunk of source.read(Math.min(chunkSize, limit + 1))) {
      const kept = chunk.filter(({ stream }) => stream !== main || left-- > 0)
      for (const { stream } of kept) passed.set(stream, (passed.get(stream) ?? 0) + 1)
      cut ||= kept.length < chunk.length
      if (kept.length > 0) yield kept
      if (cut && !hasOthers) return
    }
  }

  /** Records that the source has begun but not yielded do not count. */
  const seen = (count: StreamCount): StreamCount => {
    const own = count.role === 'main' ? (passed.get(count.stream) ?? 0) : count.passed
    return { ...count, passed: own, read: own + count.rejected + (count.ignored ?? 0) }
  }

  return {
    source: {
      streams: source.streams,
      read,
      counts: () => (cut ? firstOfEach(source.counts().map(seen)) : source.counts()),
      digest: () => (cut ? '' : source.digest()),
      ...(source.partial !== undefined && { partial: source.partial }),
    },
    isWhole: () => !cut,
  }
}

/** A stream of several files has one count for each, but `passed` is known only for the stream. */
function firstOfEach(counts: readonly StreamCount[]): StreamCount[] {
  const told = new Set<string>()
  return counts.map((count) => {
    if (count.role === 'joined' || !told.has(count.stream)) {
      told.add(count.stream)
      return count
    }
    return { ...count, passed: 0, read: count.rejected + (count.ignored ?? 0) }
  })
}
