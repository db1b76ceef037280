import { isObject } from '../json.ts'
import { looksLikeHash } from './password-format.ts'

/** JSON text longer than this is not parsed to be named. Characters. */
const LONGEST_JSON = 64 * 1024

/** Whether a value says something. */
export function isFilled(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

/** What kind of value this is. Text is looked into: a CSV file knows nothing else. */
export function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'empty list' : 'list'
  if (isObject(value)) return Object.keys(value).length === 0 ? 'empty object' : 'object'
  if (typeof value !== 'string') return typeof value
  return value === '' ? 'empty' : typeOfText(value)
}

function typeOfText(text: string): string {
  if (/^[^\s@]{1,64}@[^\s@]+\.[^\s@.]+$/.test(text)) return 'e-mail'
  if (/^-?\d{1,40}(\.\d{1,40})?$/.test(text)) return 'number'
  if (/^(true|false|yes|no|[ynt]|f)$/i.test(text)) return 'yes/no'
  if (/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d.{0,20})?$/.test(text)) return 'time'
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return 'UUID'
  if (/^https?:\/\//.test(text)) return 'URL'
  if (/^[[{]/.test(text) && isJson(text)) return 'JSON text'
  return looksLikeHash(text) ? 'password hash' : 'text'
}

function isJson(text: string): boolean {
  if (text.length > LONGEST_JSON) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
