import { expect, test } from 'vitest'
import { ENDPOINTS, routeTable } from '../../src/sandbox/routes.ts'

const findRoute = routeTable()

function found(method: string, path: string) {
  const match = findRoute(method, path)
  return match && [match.endpoint.path, match.params]
}

test('every endpoint is found by its own path, with its parameters decoded', () => {
  for (const endpoint of ENDPOINTS) {
    const names = [...endpoint.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
    const path = endpoint.path.replace(/:(\w+)/g, 'a%2Fb%20c-$1-%C3%A4%2525')
    const params = Object.fromEntries(names.map((name) => [name, `a/b c-${name}-ä%25`]))
    expect(findRoute(endpoint.method, path)).toEqual({ endpoint, params })
  }
})

test.each([
  ['GET', '/organizations/external_id/acme', '/organizations/external_id/:external_id', { external_id: 'acme' }],
  ['GET', '/organizations/external_id', '/organizations/:id', { id: 'external_id' }],
  ['GET', '/user_management/users/', '/user_management/users/:id', { id: '' }],
  ['GET', '/user%5Fmanagement/users', '/user_management/users', {}],
  ['GET', `/organizations/${'x'.repeat(512)}`, '/organizations/:id', { id: 'x'.repeat(512) }],
])('%s %s is %s', (method, path, endpoint, params) => {
  expect(found(method, path)).toEqual([endpoint, params])
})

test.each([
  ['GET', ''],
  ['GET', '/'],
  ['GET', 'organizations'],
  ['GET', '/organizations/a/b/c/d/e/f'],
  ['GET', '//organizations'],
  ['GET', '/Organizations'],
  ['GET', '/organizations/%'],
  ['GET', '/organizations/%E4'],
  ['GET', `/organizations/${'x'.repeat(513)}`],
  ['OPTIONS', '/organizations'],
  ['get', '/organizations'],
])('%s %s is no endpoint', (method, path) => {
  expect(found(method, path)).toBeUndefined()
})
