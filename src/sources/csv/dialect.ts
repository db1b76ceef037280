/** How a CSV file is written, as far as it is not found in the file. */
export interface Dialect {
  /** One character, or `tab`. Default: found in the first line. */
  delimiter?: string
  /** Names of the columns of a file without a header; an empty name leaves its column out. Default: the header names them. */
  columns?: readonly string[]
  /** Lines at the beginning that are neither header nor rows. Default: none. */
  skipLines?: number
  /** Lines that begin with it are passed over. Default: none but those before the header that begin with `#`. */
  comment?: string
  /** One ASCII character, or `none`. Default: `"`. */
  quote?: string
  /** The ASCII character before a quote inside a quoted field. Default: the quote. */
  escape?: string
}

const QUOTE = '"'

/** The character that quotes; undefined when none does. */
export function quoteOf({ quote = QUOTE }: Dialect): string | undefined {
  return quote === 'none' ? undefined : quote
}
