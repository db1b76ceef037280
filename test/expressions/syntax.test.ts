import jsonata from 'jsonata'
import { expect, test } from 'vitest'
import { everything, isName, nothing, visit } from '../../src/expressions/syntax.ts'

const TREE: unknown = jsonata('$map(teams[role = "admin"], function($t) { $t.name }) & (a ? b : c)').ast()

test('everything below a node is visited in the order of the text', () => {
  const names: string[] = []
  visit(TREE, undefined, {
    other(node, state, descend) {
      if (isName(node)) names.push(node.value)
      everything(node, state, descend)
    },
  })
  expect(names).toEqual(['teams', 'role', 'name', 'a', 'b', 'c'])
})

test('a handler decides where to descend, and with which state', () => {
  const seen: string[] = []
  visit(TREE, 'outside', {
    other: nothing,
    name: (node, where) => void seen.push(`${node.value} ${where}`),
    binary: (node, where, descend) => descend([node.lhs, node.rhs], where),
    block: (node, where, descend) => descend(node.expressions, where),
    path: (node, where, descend) => descend(node.steps, where),
    condition(node, where, descend) {
      descend(node.condition, 'asked')
      descend(node.then, where)
    },
  })
  expect(seen).toEqual(['a asked', 'b outside'])
})
