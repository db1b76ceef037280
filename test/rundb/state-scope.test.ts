import { expect, test } from 'vitest'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { countBeyond, heldBy, markBeyond, markUndone, type ScopedKind } from '../../src/rundb/scope.ts'

/** Invented kinds: readers borrow from libraries with cards. */
const KINDS: ScopedKind[] = [
  { name: 'library', refs: {}, stateScope: { is: 'chosen', heldBy: ['card', 'shelf'] } },
  { name: 'reader', refs: {}, stateScope: { is: 'chosen', heldBy: ['card'], counted: true } },
  {
    name: 'card',
    refs: { reader: 'reader', library: 'library' },
    stateScope: { is: 'tie', of: ['reader', 'library'] },
  },
  { name: 'shelf', refs: { library: 'library' }, stateScope: { is: 'hanging', on: 'library', of: ['library'] } },
  {
    name: 'stamp',
    refs: { card: 'card', reader: 'reader' },
    stateScope: { is: 'hanging', on: 'card', of: ['reader'] },
  },
  { name: 'genre', refs: {} },
]

/** Ada has cards of both libraries, Bea only one of the north; the south has a shelf. */
const STATE: [kind: string, key: string, refs?: Record<string, string>][] = [
  ['library', 'north'],
  ['library', 'south'],
  ['reader', 'ada'],
  ['reader', 'bea'],
  ['card', 'ada@north', { reader: 'ada', library: 'north' }],
  ['card', 'ada@south', { reader: 'ada', library: 'south' }],
  ['card', 'bea@north', { reader: 'bea', library: 'north' }],
  ['shelf', 'poems', { library: 'south' }],
  ['stamp', 'gold', { card: 'ada@south', reader: 'ada' }],
  ['genre', 'crime'],
]

function withChosen(...chosen: [kind: string, key: string][]): RunDatabase {
  const rundb = new RunDatabase(undefined)
  rundb.exec(`CREATE TABLE known (kind TEXT, key TEXT, refs TEXT);
    CREATE TABLE beyond (kind TEXT, key TEXT)`)
  for (const [kind, key, refs = {}] of STATE)
    rundb.run('INSERT INTO known VALUES (?, ?, ?)', kind, key, JSON.stringify(refs))
  for (const [kind, key] of chosen) rundb.run('INSERT INTO chosen VALUES (?, ?)', kind, key)
  return rundb
}

/** The resources of the state in scope. */
function within(rundb: RunDatabase): string[] {
  return rundb
    .statement('SELECT kind, key FROM known EXCEPT SELECT kind, key FROM beyond ORDER BY kind, key')
    .all()
    .map(({ kind, key }) => `${kind}:${key}`)
}

test('a resource that left the source belongs to the chosen by the rule of its kind, or to nobody without one', () => {
  const rundb = withChosen(['library', 'south'])
  markBeyond(rundb, KINDS, false)
  expect(within(rundb)).toEqual(['card:ada@south', 'library:south', 'shelf:poems'])
  const ofReader = withChosen(['reader', 'ada'])
  markBeyond(ofReader, KINDS, false)
  expect(within(ofReader)).toEqual(['card:ada@north', 'card:ada@south', 'reader:ada', 'stamp:gold'])
})

test('with a limit, resources that left the source are out of scope, except ties and dependents of counted ones', () => {
  const rundb = withChosen(['library', 'south'], ['reader', 'bea'])
  rundb.run("INSERT INTO in_scope VALUES ('reader', 'ada')")
  markBeyond(rundb, KINDS, true)
  expect(within(rundb)).toEqual(['card:ada@south', 'shelf:poems'])
})

test('undoing includes ties, what they tie and its dependents; held resources and their dependents stay', () => {
  const rundb = withChosen(['reader', 'bea'])
  markUndone(rundb, KINDS)
  expect(within(rundb)).toEqual(['card:bea@north', 'library:north', 'reader:bea'])
  expect(heldBy(rundb, 'library', 'north')).toBe('it has card:ada@north outside the scope')
  expect(heldBy(rundb, 'reader', 'bea')).toBeUndefined()
  expect(Object.fromEntries(countBeyond(rundb))).toEqual({
    card: 2,
    genre: 1,
    library: 1,
    reader: 1,
    shelf: 1,
    stamp: 1,
  })
})

test('a chosen resource is never held: it is undone with all its dependents', () => {
  const rundb = withChosen(['library', 'south'])
  markUndone(rundb, KINDS)
  expect(within(rundb)).toEqual(['card:ada@south', 'library:south', 'reader:ada', 'shelf:poems', 'stamp:gold'])
  expect(heldBy(rundb, 'library', 'south')).toBeUndefined()
  expect(heldBy(rundb, 'reader', 'ada')).toBe('it has card:ada@north outside the scope')
})
