import type { JsonObject } from '../../json.ts'

/** Schema of the option `delimiter`. */
export const delimiterSchema: JsonObject = {
  type: 'string',
  pattern: '^([^"\\r\\n]|tab)$',
  description: 'One character, or `tab`. Default: detected in the header line among , ; tab and |.',
}

/** Schema of the option `nulls`. */
export const nullsSchema: JsonObject = {
  type: 'array',
  items: { type: 'string', minLength: 1 },
  description: 'Values of CSV files that stand for nothing, as empty ones do: NULL, \\N, 0000-00-00.',
}

/** The option `nulls`: what stands for nothing in every CSV file of the source. */
export function nullsOption({ nulls }: Record<string, unknown>): string[] {
  return Array.isArray(nulls) ? nulls.filter((value) => typeof value === 'string') : []
}

/** The value of an option that is text; undefined where it is not given. */
export function textOption(config: Record<string, unknown>, name: string): string | undefined {
  const value = config[name]
  return typeof value === 'string' ? value : undefined
}
