/**
 * Writes beside the built bundle the digest of what it was built from, so that a test can tell whether
 * the committed bundle is current (its own bytes depend on where it was built).
 * The digest: sha256 over each file's path and bytes, each followed by a zero byte, sorted by path.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';

const SOURCES = ['src', 'style', 'schema', 'package.json'];

const files = SOURCES.filter(existsSync).flatMap(filesBelow).sort();
const hash = createHash('sha256');
for (const path of files) {
  hash.update(`${path}\0`).update(readFileSync(path)).update('\0');
}
writeFileSync('../nb2ops/labextension/source.sha256', `${hash.digest('hex')}\n`);

function filesBelow(path) {
  if (path.endsWith('.json')) {
    return [path];
  }
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries.filter(entry => entry.isFile()).map(entry => `${entry.parentPath}/${entry.name}`);
}
