/**
 * A pod's volumes as directories of the host. They are written when somebody looks (a process in the pod, an
 * application's readFile), and written again when the objects behind them change.
 */
import { mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { join, posix } from 'node:path'
import type {
  ConfigMapProjection,
  Container,
  DownwardAPIVolumeFile,
  KeyToPath,
  Volume,
  VolumeMount,
  VolumeProjection,
} from 'kubernetes-types/core/v1.js'
import type { Api } from '../../apiserver/api.ts'
import { ContainerConfigError, expand, readKeys } from '../environment.ts'
import { fieldValue, resourceValue } from '../fields.ts'
import { namespaceOf, type Pod } from '../pod.ts'
import { type VolumeFile, writeAtomically } from './atomic-directory.ts'

export interface PodVolumesOptions {
  api: Api
  directory: string
  podIp: string
  /** The newest pod: labels and annotations may change. */
  pod(): Pod
  token(audience: string | undefined): string | Promise<string>
}

/** A directory or file of the host that a container sees at a path of its own. */
export interface Mount {
  source: string
  target: string
  readOnly: boolean
}

const DEFAULT_MODE = 0o644

const isMadeOfObjects = ({ configMap, secret, projected, downwardAPI }: Volume): boolean =>
  [configMap, secret, projected, downwardAPI].some(source => source !== undefined)

export class PodVolumes {
  #options: PodVolumesOptions
  #written = new Map<string, Promise<string>>()
  /** Tokens once they are known, by audience: later writes of the volume are then synchronous. */
  #tokens = new Map<string, string>()

  constructor(options: PodVolumesOptions) {
    this.#options = options
  }

  /** What keeps the pod from starting: a ConfigMap or Secret that is not there, in the kubelet's words. */
  missing(): { volume: string; message: string } | undefined {
    for (const volume of this.#volumes()) {
      try {
        this.#filesOf(volume)
      } catch (error) {
        if (error instanceof ContainerConfigError) return { volume: volume.name, message: error.message }
        throw error
      }
    }
    return undefined
  }

  /** The container's volume mounts, written and ready. */
  async mountsOf(container: Container, env: Readonly<Record<string, string>>): Promise<Mount[]> {
    const mounts = await Promise.all((container.volumeMounts ?? []).map(mount => this.#mount(mount, env)))
    return mounts.filter(mount => mount !== undefined)
  }

  /** A file as `container` sees it under one of its mounts. */
  readFile(container: Container, path: string): Buffer | undefined {
    const mount = (container.volumeMounts ?? [])
      .filter(({ mountPath }) => path === mountPath || path.startsWith(posix.join(mountPath, '/')))
      .sort((a, b) => b.mountPath.length - a.mountPath.length)[0]
    const volume = mount && this.#volumes().find(({ name }) => name === mount.name)
    if (!mount || !volume) return undefined
    const relative = posix.join(mount.subPath ?? '', posix.relative(mount.mountPath, path))
    const files = this.#filesOf(volume)
    if (files) return files.get(relative)?.content
    try {
      return readFileSync(join(this.#pathOf(volume), relative))
    } catch {
      // An emptyDir's file that nobody has written.
      return undefined
    }
  }

  /** To be called when a ConfigMap, a Secret or the pod itself has changed: volumes in use follow. */
  refresh(changed: (volume: Volume) => boolean): void {
    for (const volume of this.#volumes()) {
      const before = this.#written.get(volume.name)
      if (!before || !changed(volume)) continue
      // What is gone from the API, or cannot be written, leaves the volume as it was: so does the kubelet.
      const written = this.#write(volume).catch(() => before)
      this.#written.set(volume.name, written)
    }
  }

  #volumes(): readonly Volume[] {
    return this.#options.pod().spec.volumes ?? []
  }

  #pathOf = (volume: Volume) => join(this.#options.directory, volume.name)

  async #mount(mount: VolumeMount, env: Readonly<Record<string, string>>): Promise<Mount | undefined> {
    const volume = this.#volumes().find(({ name }) => name === mount.name)
    if (!volume) return undefined
    const written = this.#written.get(volume.name) ?? this.#write(volume)
    this.#written.set(volume.name, written)
    const directory = await written
    const subPath = mount.subPathExpr ? expand(mount.subPathExpr, env) : mount.subPath
    const isFiles = isMadeOfObjects(volume)
    return {
      source: subPath ? subPathSource(directory, subPath, isFiles) : directory,
      target: mount.mountPath,
      readOnly: mount.readOnly === true || isFiles,
    }
  }

  async #write(volume: Volume): Promise<string> {
    const path = this.#pathOf(volume)
    await this.#loadTokens(volume)
    const files = this.#filesOf(volume)
    if (files) writeAtomically(path, files)
    else mkdirSync(path, { recursive: true })
    return path
  }

  async #loadTokens(volume: Volume): Promise<void> {
    for (const source of volume.projected?.sources ?? []) {
      if (!source.serviceAccountToken) continue
      const { audience } = source.serviceAccountToken
      this.#tokens.set(audience ?? '', await this.#options.token(audience))
    }
  }

  /** Files of a volume that is made of objects; undefined for a plain directory. Throws ContainerConfigError. */
  #filesOf(volume: Volume): Map<string, VolumeFile> | undefined {
    const { configMap, secret, projected, downwardAPI } = volume
    const mode = (configMap ?? secret ?? projected ?? downwardAPI)?.defaultMode ?? DEFAULT_MODE
    const files = new Map<string, VolumeFile>()
    if (configMap) this.#addKeys(files, 'ConfigMap', configMap, mode)
    else if (secret) this.#addKeys(files, 'Secret', { ...secret, name: secret.secretName }, mode)
    else if (downwardAPI) this.#addFields(files, downwardAPI.items ?? [], mode)
    else if (projected) for (const source of projected.sources ?? []) this.#addProjection(files, source, mode)
    else return undefined
    return files
  }

  #addProjection(files: Map<string, VolumeFile>, source: VolumeProjection, mode: number): void {
    if (source.configMap) this.#addKeys(files, 'ConfigMap', source.configMap, mode)
    if (source.secret) this.#addKeys(files, 'Secret', source.secret, mode)
    if (source.downwardAPI) this.#addFields(files, source.downwardAPI.items ?? [], mode)
    if (source.serviceAccountToken) {
      const { audience, path } = source.serviceAccountToken
      const known = this.#tokens.get(audience ?? '')
      files.set(path, { content: Buffer.from(known ?? ''), mode })
    }
  }

  #addKeys(
    files: Map<string, VolumeFile>,
    kind: 'ConfigMap' | 'Secret',
    source: ConfigMapProjection,
    defaultMode: number,
  ): void {
    const pod = this.#options.pod()
    const data = readKeys(this.#options.api, pod, kind, source.name ?? '', source.optional)
    const items: readonly KeyToPath[] = source.items ?? [...data.keys()].map(key => ({ key, path: key }))
    for (const { key, path, mode } of items) {
      const content = data.get(key)
      if (content) files.set(path, { content, mode: mode ?? defaultMode })
      else if (!source.optional) {
        const what = kind === 'ConfigMap' ? 'configmap' : 'secret'
        throw new ContainerConfigError(`references non-existent ${what} key: ${key}`)
      }
    }
  }

  #addFields(files: Map<string, VolumeFile>, items: readonly DownwardAPIVolumeFile[], mode: number): void {
    const pod = this.#options.pod()
    const [first] = pod.spec.containers
    for (const item of items) {
      const value = item.fieldRef
        ? fieldValue(pod, this.#options.podIp, item.fieldRef)
        : item.resourceFieldRef && first && resourceValue(pod, first, item.resourceFieldRef, {})
      files.set(item.path, { content: Buffer.from(value ?? ''), mode: item.mode ?? mode })
    }
  }
}

/** Whether the volume shows the named object. */
export function showsObject(
  volume: Volume,
  kind: 'ConfigMap' | 'Secret',
  namespace: string,
  pod: Pod,
): (name: string) => boolean {
  const sources = [volume, ...(volume.projected?.sources ?? [])]
  return name =>
    namespace === namespaceOf(pod) &&
    sources.some(source =>
      kind === 'ConfigMap'
        ? source.configMap?.name === name
        : source.secret &&
          ('secretName' in source.secret ? source.secret.secretName : nameOf(source.secret)) === name,
    )
}

const nameOf = (source: object): unknown => ('name' in source ? source.name : undefined)

function subPathSource(directory: string, subPath: string, isFiles: boolean): string {
  const path = join(directory, posix.normalize(`/${subPath}`))
  // A file of an object is bound as it is now: kubelet does not refresh subPath mounts either.
  if (isFiles) return realpathSync(path)
  mkdirSync(path, { recursive: true })
  return path
}
