import { expect, test } from 'vitest'
import { namesFor } from '../../src/cli/write-rejects.ts'

test.each<[string, string[], string[]]>([
  ['out.csv', ['users', 'teams'], ['out.users.csv', 'out.teams.csv']],
  ['out', ['users', ''], ['out.users', 'out.others']],
  ['a.b/out.v1.ndjson', ['my/users', '../x'], ['a.b/out.v1.my_users.ndjson', 'a.b/out.v1.___x.ndjson']],
  ['out.csv', ['a b', 'a_b', 'A_B'], ['out.a_b.csv', 'out.a_b-2.csv', 'out.A_B-3.csv']],
])('%s becomes one file for each of %j', (file, streams, names) => {
  expect(namesFor(file, streams)).toEqual(names)
})
