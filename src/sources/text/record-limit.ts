/** Default of `maxRecordBytes`, in bytes. It bounds how much of a file is in memory. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024

const MIB = 1024 * 1024

/** `16 MiB`, `1500 bytes` */
export function sizeText(bytes: number): string {
  return bytes % MIB === 0 ? `${bytes / MIB} MiB` : `${bytes} bytes`
}

/**
 * The hint for a sound record that is longer than the limit.
 * @param bytes of the record, as far as they are known
 */
export function raiseLimit(limit: number, bytes = limit): string {
  const enough = 2 ** Math.ceil(Math.log2(Math.max(bytes, limit) + 1))
  return `set maxRecordBytes: ${enough} in the source, or leave the long value out of the export`
}
