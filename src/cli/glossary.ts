import { wrapped } from '../reporting/table.ts'

/** The words of plans, applies and verifications, and what they mean here. docs/reference/glossary.md says the same. */
export const WORDS = {
  adopt: 'take over what is in WorkOS already: its id goes into the state, and nothing is created',
  unchanged: 'WorkOS has it as the source says: nothing is sent',
  gone: 'applied once, deleted in WorkOS since, and left so (onDeleted: keep)',
  blocked: 'it cannot be applied, or what it refers to cannot; the plan says why',
  rejected: 'a record that breaks a rule: nothing is made of it, and the plan names it',
  'left out': 'a record that a condition of the mapping (when) passes over on purpose',
  distinct: 'different resources that came of the records',
  merged: 'further records of a resource that another record had named already',
  orphaned: 'in the state, and no longer in the source: left alone',
  prune: 'delete what apply created and what has left the source; the manifest names the kinds',
  spared: 'it would be deleted, and is left alone: somebody uses it or changed it',
  drift: 'a value that somebody changed in WorkOS since it was applied',
} as const

export type Word = keyof typeof WORDS

/** The words that occur in what each command shows. */
const OF_PLANS: readonly Word[] = [
  'adopt',
  'unchanged',
  'gone',
  'blocked',
  'rejected',
  'left out',
  'distinct',
  'merged',
  'orphaned',
  'prune',
  'drift',
]
export const WORDS_OF = {
  plan: OF_PLANS,
  apply: OF_PLANS,
  verify: ['rejected', 'left out', 'distinct', 'merged', 'drift'],
  destroy: ['adopt', 'spared', 'gone'],
} satisfies Record<string, readonly Word[]>

/** Each word with its meaning beside it, for --help. */
export function glossary(words: readonly Word[] = wordsOf()): string {
  const width = Math.max(...words.map((word) => word.length))
  const hanging = ' '.repeat(width + 4)
  return words
    .map((word) => `  ${word.padEnd(width)}  ${wrapped(WORDS[word], 80 - hanging.length).join(`\n${hanging}`)}\n`)
    .join('')
}

function wordsOf(): Word[] {
  return Object.keys(WORDS).filter((word): word is Word => word in WORDS)
}
