import { MINIMAL } from '../folder.ts'
import type { BadManifest } from './bad-manifest.ts'

/** Rules for duplicates that cannot be kept. */
export const badDedupe: BadManifest[] = [
  {
    name: 'a strategy that compares times nobody gives',
    text: `${MINIMAL}dedupe:\n  user:\n    strategy: newest\n`,
    code: 'newest_of_what',
    at: '5:15',
    path: 'dedupe.user.strategy',
    hint: /updatedAt/,
  },
  {
    name: 'a rule that compares times nobody gives',
    text: `${MINIMAL}dedupe:\n  user:\n    fields:\n      metadata.plan: newest\n`,
    code: 'newest_of_what',
    at: '6:22',
    path: 'dedupe.user.fields.metadata.plan',
  },
  {
    name: 'a rule for texts on a truth',
    text: `${MINIMAL}dedupe: { user: { fields: { emailVerified: longest } } }\n`,
    code: 'unknown_value',
    at: '3:44',
    hint: /allowed values: any, all, first, last, newest/,
  },
  {
    name: 'a rule for truths on a text',
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
    name: 'a default that not every field can have',
    text: `${MINIMAL}dedupe: { user: { fields: { default: longest } } }\n`,
    code: 'unknown_value',
    at: '3:38',
  },
  {
    name: 'a rule for a member of a field that has none',
    text: `${MINIMAL}dedupe: { user: { fields: { name.first: first } } }\n`,
    code: 'unknown_key',
    at: '3:29',
  },
  {
    name: 'a preference that is no expression',
    text: `${MINIMAL}dedupe: { user: { prefer: { emailVerified: true } } }\n`,
    code: 'wrong_type',
    at: '3:27',
    path: 'dedupe.user.prefer',
  },
  {
    name: 'a metadata key that WorkOS does not support for external ids',
    text: `${MINIMAL}dedupe: { user: { externalIds: { keepAs: "former ids" } } }\n`,
    code: 'bad_value',
    at: '3:42',
    message: /letters, digits/,
  },
]
