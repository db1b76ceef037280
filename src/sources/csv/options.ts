import type { JsonObject } from '../../json.ts'

/** Schema of the option `delimiter`. */
export const delimiterSchema: JsonObject = {
  type: 'string',
  pattern: '^([^"\\r\\n]|tab)$',
  description: 'One character, or `tab`. Default: detected in the header line among , ; tab and |.',
}

/** The value of an option that is text; undefined where it is not given. */
export function textOption(config: Record<string, unknown>, name: string): string | undefined {
  const value = config[name]
  return typeof value === 'string' ? value : undefined
}
