import type { Redactor } from '../diagnostics/redactor.ts'

/** The shape of API keys: `sk_live_…`, `sk_test_…`, and without an environment in older ones. */
export const API_KEY = /\bsk_(?:live|test)_\w{4,}/

/** Registers API keys anywhere in a text, before any message quotes the text. Every start does so: nothing large is loaded for it. */
export function registerWrittenKeys(text: string, redactor: Redactor): void {
  for (const [key] of text.matchAll(new RegExp(API_KEY, 'g'))) redactor.register(key)
}
