import { expect, test } from 'vitest'
import { RequestWindow } from '../../src/workos/limiter.ts'

const limit = { count: 2, perMs: 100 }

test('a request in flight keeps its place, and a full window of responses shows when the next can leave', () => {
  const window = new RequestWindow(limit)
  expect(window.freeAt(0)).toBe(0)
  window.enter()
  window.enter()
  expect(window.freeAt(10)).toBe(Number.POSITIVE_INFINITY)
  window.leave(20)
  const free = window.freeAt(20)
  expect(free).toBeGreaterThanOrEqual(120)
  expect(free).toBeLessThan(130)
  expect(window.freeAt(free)).toBe(free)
})

test('a request that never left does not count', () => {
  const window = new RequestWindow(limit)
  window.enter()
  window.enter()
  window.cancel()
  expect(window.freeAt(5)).toBe(5)
})

test('old responses make room, however many rounds there were', () => {
  const window = new RequestWindow(limit)
  for (let now = 0; now < 10_000; now += 200) {
    expect(window.freeAt(now)).toBe(now)
    window.enter()
    window.enter()
    window.leave(now + 1)
    window.leave(now + 2)
    expect(window.freeAt(now + 2)).toBeGreaterThan(now + 100)
  }
})

test('slowing down takes a quarter, at most to a tenth, and recovering ends at the limit', () => {
  const window = new RequestWindow({ count: 100, perMs: 1000 })
  const allowed: number[] = []
  for (let step = 0; step < 10; step += 1) {
    window.slowDown()
    allowed.push(window.allowed)
  }
  expect(allowed.slice(0, 3)).toEqual([75, 56, 42])
  expect(allowed.at(-1)).toBe(10)
  for (let step = 0; step < 30; step += 1) window.recover()
  expect(window.allowed).toBe(100)
})

test('a limit of one keeps one place', () => {
  const window = new RequestWindow({ count: 1, perMs: 1000 })
  window.slowDown()
  expect(window.allowed).toBe(1)
  expect(window.freeAt(3)).toBe(3)
})

test('after slowing down, requests already counted still count', () => {
  const window = new RequestWindow({ count: 4, perMs: 100 })
  for (let request = 0; request < 4; request += 1) window.enter()
  for (const now of [1, 2, 3, 4]) window.leave(now)
  window.slowDown()
  const free = window.freeAt(10)
  expect(free).toBeGreaterThanOrEqual(102)
  expect(window.freeAt(free)).toBe(free)
})
