import { MINIMAL } from '../folder.ts'
import type { BadManifest } from './bad-manifest.ts'

/** Invalid rules for duplicates. */
export const badDedupe: BadManifest[] = [
  {
    name: 'a strategy without times to compare',
    text: `${MINIMAL}dedupe:\n  user:\n    strategy: newest\n`,
    code: 'newest_of_what',
    at: '5:15',
    path: 'dedupe.user.strategy',
    hint: /updatedAt/,
  },
  {
    name: 'a rule without times to compare',
    text: `${MINIMAL}dedupe:\n  user:\n    fields:\n      metadata.plan: newest\n`,
    code: 'newest_of_what',
    at: '6:22',
    path: 'dedupe.user.fields.metadata.plan',
  },
  {
    name: 'a rule for strings on a boolean',
    text: `${MINIMAL}dedupe: { user: { fields: { emailVerified: longest } } }\n`,
    code: 'unknown_value',
    at: '3:44',
    hint: /allowed values: any, all, first, last, newest/,
  },
  {
    name: 'a rule for booleans on a string',
    text: `${MINIMAL}dedupe: { user: { fields: { firstName: any } } }\n`,
    code: 'unknown_value',
    at: '3:40',
    hint: /allowed values: first, last, newest, longest, concat/,
  },
  {
    name: 'a union of secrets',
    text: `${MINIMAL}dedupe: { user: { fields: { passwordHash: union } } }\n`,
    code: 'unknown_value',
    at: '3:43',
    hint: /allowed values: first, last, newest/,
  },
  {
    name: 'a default that does not fit every field',
    text: `${MINIMAL}dedupe: { user: { fields: { default: longest } } }\n`,
    code: 'unknown_value',
    at: '3:38',
  },
  {
    name: 'a rule for a member of a field without members',
    text: `${MINIMAL}dedupe: { user: { fields: { name.first: first } } }\n`,
    code: 'unknown_key',
    at: '3:29',
  },
  {
    name: 'an invalid preference',
    text: `${MINIMAL}dedupe: { user: { prefer: { emailVerified: true } } }\n`,
    code: 'wrong_type',
    at: '3:27',
    path: 'dedupe.user.prefer',
  },
  {
    name: 'a metadata key that is not valid for external IDs',
    text: `${MINIMAL}dedupe: { user: { externalIds: { keepAs: "former ids" } } }\n`,
    code: 'bad_value',
    at: '3:42',
    message: /letters, digits/,
  },
]
