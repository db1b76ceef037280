import type { Source, SourceRecord, StreamCount } from './source.ts'

/** A source of which a beginning is read, and whether there was more of it. */
export interface FirstRecords {
  source: Source
  /** Known after `read` has ended: whether all of it was read. */
  isWhole(): boolean
}

/**
 * The first records of a source's main stream. Files that are joined to it are read whole. What
 * comes after the limit is not read.
 * @param others read other main streams whole: memberships of organizations that nobody has read
 *   would be rejected
 */
export function firstRecords(source: Source, limit: number, others = false): FirstRecords {
  const [main] = source.streams
  const passed = new Map<string, number>()
  let cut = false

  async function* read(chunkSize: number): AsyncGenerator<SourceRecord[]> {
    let left = limit
    const hasOthers = others && source.streams.length > 1
    // One more than asked for tells whether that was all.
    for await (const chunk of source.read(Math.min(chunkSize, limit + 1))) {
      const kept = chunk.filter(({ stream }) => stream !== main || left-- > 0)
      for (const { stream } of kept) passed.set(stream, (passed.get(stream) ?? 0) + 1)
      cut ||= kept.length < chunk.length
      if (kept.length > 0) yield kept
      if (cut && !hasOthers) return
    }
  }

  /** A source that is left early has begun records that nobody saw: those do not count. */
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

/** A stream of several files has a count for each; what passed is known of the stream alone. */
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
