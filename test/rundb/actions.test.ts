import { expect, onTestFinished, test } from 'vitest'
import { blockedCounts, countBlockedReasons, insertAction } from '../../src/rundb/actions.ts'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import { misfitRows } from '../../src/rundb/misfits.ts'
import { insertReject } from '../../src/rundb/rejects.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'

function blocked(messages: readonly [code: string, message: string][]) {
  const rundb = new RunDatabase(undefined)
  onTestFinished(() => rundb.close())
  createPlanTables(rundb)
  for (const [n, [code, message]] of messages.entries()) {
    const action = JSON.stringify({ code, message })
    insertAction(rundb, { phase: 1, kind: 'user', key: `u${n}`, type: 'blocked', id: null, action })
  }
  const reasons = [...blockedCounts(rundb, -1)]
  expect(countBlockedReasons(rundb)).toBe(reasons.length)
  return reasons.map(({ message, count }) => `${count} ${message}`)
}

test('reasons of blocked resources are sorted by frequency, then by plan order, whatever IDs they contain', () => {
  const reasons = (one: string, other: string) =>
    blocked([
      ['clash', `stands for ${one}`],
      ['clash', `stands for ${other}`],
      ['clash', 'often'],
      ['clash', 'often'],
    ])
  expect(reasons('user_B', 'user_A')).toEqual(['2 often', '1 stands for user_B', '1 stands for user_A'])
  expect(reasons('user_A', 'user_B')).toEqual(['2 often', '1 stands for user_A', '1 stands for user_B'])
})

test('resources that wait for a blocked one share one reason, with the first message', () => {
  expect(
    blocked([
      ['dependency_blocked', 'waits for b'],
      ['dependency_blocked', 'waits for a'],
    ]),
  ).toEqual(['2 waits for b'])
})

test('rejects are in the order of the records, whichever thread found them first', () => {
  const rundb = new RunDatabase(undefined)
  onTestFinished(() => rundb.close())
  createPlanTables(rundb)
  rundb.nameFiles(['a.csv', 'b.csv'])
  const reject = (file: string, line: number, code: string) =>
    insertReject(rundb, { kind: 'user', key: null, code, message: code, seq: line, origin: { file, line } })
  reject('b.csv', 2, 'fourth')
  reject('a.csv', 9, 'second')
  reject('a.csv', 9, 'third')
  reject('a.csv', 2, 'first')
  expect(Array.from(misfitRows(rundb), ({ code }) => code)).toEqual(['first', 'second', 'third', 'fourth'])
})
