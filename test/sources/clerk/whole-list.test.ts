import { describe, expect, test } from 'vitest'
import { SourceError } from '../../../src/diagnostics/errors.ts'
import type { Page } from '../../../src/sources/clerk/capture/api.ts'
import { wholeList } from '../../../src/sources/clerk/capture/capture.ts'

const ids = (count: number) => Array.from({ length: count }, (_, n) => `con_${n}`)

/** A list in pages of 3. `listed` returns its content at each request, counted from 1. */
async function read(listed: (request: number) => readonly string[], counts: (request: number) => number | undefined) {
  let request = 0
  const page = async (offset: number, limit: number): Promise<Page> => {
    request += 1
    const rows = listed(request)
      .slice(offset, offset + limit)
      .map((id) => ({ id }))
    const total = counts(request)
    return total === undefined ? { rows } : { rows, total }
  }
  const found = await wholeList({ what: 'connections', name: 'the Clerk API', pageSize: 3, page })
  return { found: found.map(({ id }) => id).toSorted(), requests: request }
}

describe('a list with a count', () => {
  test.each([
    [0, 1],
    [1, 1],
    [3, 1],
    [7, 6],
  ])('of %i takes %i requests: one if it fits into a response, otherwise two readings', async (count, expected) => {
    const { found, requests } = await read(
      () => ids(count),
      () => count,
    )
    expect(found).toEqual(ids(count))
    expect(requests).toBe(expected)
  })

  test('is read again if its order changes between pages, so that one entry is doubled and another missing', async () => {
    const { found } = await read(
      (request) => (request === 2 ? ids(7).toReversed() : ids(7)),
      () => 7,
    )
    expect(found).toEqual(ids(7))
  })

  test('is read again if an entry is deleted meanwhile', async () => {
    const { found } = await read(
      (request) => (request === 1 ? ids(7) : ids(7).slice(1)),
      (request) => (request === 1 ? 7 : 6),
    )
    expect(found).toEqual(ids(7).slice(1))
  })

  test('is read again if one entry is deleted and another created, so that the count matches but one is missing', async () => {
    const after = [...ids(7).slice(1), 'con_8']
    const { found } = await read(
      (request) => (request === 1 ? ids(7) : after),
      () => 7,
    )
    expect(found).toEqual(after)
  })

  test('is an error if the count never matches', async () => {
    const reading = read(
      () => ids(5),
      () => 6,
    )
    await expect(reading).rejects.toThrow(SourceError)
    await expect(reading).rejects.toThrow('returned 5 connections (reported total: 6)')
  })
})

describe('a list without a count', () => {
  const uncounted = () => undefined

  test('is read until it is the same twice', async () => {
    const { found } = await read((request) => (request < 4 ? ids(2) : ids(4)), uncounted)
    expect(found).toEqual(ids(4))
  })

  test('ends even if the API ignores the offset', async () => {
    const page = async (): Promise<Page> => ({ rows: [{ id: 'con_1' }] })
    const found = await wholeList({ what: 'connections', name: 'the Clerk API', pageSize: 3, page })
    expect(found).toEqual([{ id: 'con_1' }])
  })

  test('is an error if it is different each time', async () => {
    await expect(read((request) => [`con_${request}`], uncounted)).rejects.toThrow('6 readings did not agree')
  })
})
