import { describe, expect, it } from 'vitest'
import { readManifests } from './documents.ts'

const objects = (source: string) =>
  readManifests(source, 'a.yaml').map(manifest => ('object' in manifest ? manifest.object : manifest.error))

describe('readManifests', () => {
  it('reads documents in order and leaves empty ones out', () => {
    expect(objects('---\n# nothing\n---\napiVersion: v1\nkind: A\n---\n{apiVersion: v1, kind: B}\n')).toEqual(
      [
        { apiVersion: 'v1', kind: 'A', metadata: {} },
        { apiVersion: 'v1', kind: 'B', metadata: {} },
      ],
    )
  })

  it("takes a List's items, YAML 1.1 booleans and the last of repeated keys", () => {
    const source =
      'apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: A, x: off, y2: 1:30, z: 1, z: 2}]\n'
    expect(objects(source)).toEqual([
      { apiVersion: 'v1', kind: 'A', metadata: {}, x: false, y2: '1:30', z: 2 },
    ])
  })

  it('says what kubectl says of what is no object', () => {
    const ending = '; if you choose to ignore these errors, turn validation off with --validate=false'
    expect(objects('just text')).toEqual([
      `error: error validating "a.yaml": error validating data: invalid object to validate${ending}`,
    ])
    expect(objects('apiVersion: v1')).toEqual([
      `error: error validating "a.yaml": error validating data: kind not set${ending}`,
    ])
    expect(objects('apiVersion: v1\nkind: A\nmetadata: {name: 5}')).toEqual([
      'error: unable to decode "a.yaml": json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string',
    ])
  })
})
