import type { LoadedManifest } from '../config/loaded-manifest.ts'
import { openSource } from '../sources/registry.ts'

/**
 * The streams of the manifest's source, the main one first. Opening a source reads nothing yet.
 * @throws ManifestError when its options do not go together
 */
export async function streamsOf({ manifest, directory }: LoadedManifest): Promise<readonly string[]> {
  const ignore = () => {}
  const source = await openSource(manifest.source, { directory, scratch: directory, reject: ignore, warn: ignore })
  return source.streams
}
