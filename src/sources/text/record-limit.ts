/**
 * Bytes that one record of a file may take unless `maxRecordBytes` says otherwise: what is kept in
 * memory of a file is bounded by it.
 */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024

const MIB = 1024 * 1024

/** `16 MiB`, `1500 bytes` */
export function sizeText(bytes: number): string {
  return bytes % MIB === 0 ? `${bytes / MIB} MiB` : `${bytes} bytes`
}

/**
 * What is advised where a sound record is longer than the limit.
 * @param bytes that it takes, as far as that is known
 */
export function raiseLimit(limit: number, bytes = limit): string {
  const enough = 2 ** Math.ceil(Math.log2(Math.max(bytes, limit) + 1))
  return `set maxRecordBytes: ${enough} in the source, or leave the long value out of the export`
}
