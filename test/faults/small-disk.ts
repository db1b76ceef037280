import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** A small file system with a file that fills the rest of it. */
export interface SmallDisk {
  folder: string
  /** Fills it to this percentage, or as far as possible. */
  fillTo(percent: number): void
  /** How full it is, percent. */
  used(): number
  unmount(): void
}

const MIB = 1 << 20

/** Mounts one if this user can; otherwise undefined. */
export function mountSmallDisk(folder: string, mebibytes: number): SmallDisk | undefined {
  mkdirSync(folder, { recursive: true })
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder]).status !== 0) return undefined
  const used = () => {
    const { blocks, bfree } = statfsSync(folder)
    return 100 * (1 - bfree / blocks)
  }
  return {
    folder,
    used,
    fillTo(percent) {
      const ballast = openSync(join(folder, 'ballast'), 'w')
      const { blocks, bfree, bsize } = statfsSync(folder)
      try {
        for (let left = bfree * bsize - (blocks * bsize * (100 - percent)) / 100; left > 0; ) {
          left -= writeSync(ballast, Buffer.alloc(Math.min(MIB, Math.ceil(left))))
        }
      } catch (error) {
        if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOSPC') throw error
      } finally {
        closeSync(ballast)
      }
    },
    unmount() {
      spawnSync('umount', ['-l', folder])
    },
  }
}
