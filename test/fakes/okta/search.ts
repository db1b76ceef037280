import type { OktaUser } from './objects.ts'
import { refuse } from './refusals.ts'

type Test = (user: OktaUser) => boolean

/**
 * The part of Okta's search that tests need: comparisons with `and`, `or` and parentheses. Rejects
 * everything else, as Okta does.
 */
export function searched(expression: string): Test {
  const tokens = expression.match(/\(|\)|"(?:[^"\\]|\\.)*"|[^\s()"]+/g) ?? []
  let at = 0
  const bad = (): never => refuse(400, 'E0000031', `Invalid search criteria. ${expression}`)
  const next = (): string => tokens[at++] ?? bad()

  const any = (): Test => {
    const tests = [all()]
    while (tokens[at] === 'or') {
      at += 1
      tests.push(all())
    }
    return (user) => tests.some((holds) => holds(user))
  }
  const all = (): Test => {
    const tests = [one()]
    while (tokens[at] === 'and') {
      at += 1
      tests.push(one())
    }
    return (user) => tests.every((holds) => holds(user))
  }
  const one = (): Test => {
    const first = next()
    if (first === '(') {
      const inner = any()
      if (next() !== ')') bad()
      return inner
    }
    if (!/^(id|status|created|lastUpdated|profile\.\w+)$/.test(first)) bad()
    const [relation, literal] = [next(), next()]
    if (!literal.startsWith('"')) bad()
    const value: string = JSON.parse(literal)
    const read = (user: OktaUser) => String(valueAt(user, first) ?? '')
    if (relation === 'eq') return (user) => read(user) === value
    if (relation === 'gt') return (user) => read(user) > value
    if (relation === 'ge') return (user) => read(user) >= value
    return bad()
  }
  const test = any()
  if (at !== tokens.length) bad()
  return test
}

function valueAt(user: OktaUser, path: string): unknown {
  const [head = '', member] = path.split('.')
  return member === undefined ? Reflect.get(user, head) : user.profile[member]
}
