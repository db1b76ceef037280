/** What outputs show of people: everything, no whole e-mail address, or no value at all. */
export type MaskMode = 'none' | 'emails' | 'all'

/** An address in running text. What stands before the @ may be anything that addresses are made of in practice. */
const EMAIL =
  /[\p{L}\p{N}._%+'/=!#$&*?^`{}~-]+@[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?(?:\.[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?)+/gu

/** Keeps e-mail addresses, or all values, out of what is shown. The manifest's `output.mask` says which. */
export class Mask {
  mode: MaskMode

  constructor(mode: MaskMode = 'none') {
    this.mode = mode
  }

  /** Text with each e-mail address as `a***@example.com`. */
  text(text: string): string {
    if (this.mode === 'none' || !text.includes('@')) return text
    return text.replace(EMAIL, (address) => `${[...address][0] ?? ''}***${address.slice(address.lastIndexOf('@'))}`)
  }

  /** A value of a field: with `all` its shape alone, else as `text` does it. */
  value(value: string): string {
    return this.mode === 'all' ? '***' : this.text(value)
  }
}
