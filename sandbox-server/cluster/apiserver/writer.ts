/**
 * The one path of every write, in the real server's order: defaulting, strategy, mutating admission, validation,
 * validating admission, managedFields, the store. Follows k8s.io/apiserver/pkg/registry/generic/registry.
 */
import { randomUUID } from 'node:crypto'
import { rfc3339 } from '../lifecycle.ts'
import { runAdmission } from './admission/run.ts'
import type { AdmissionRequest } from './admission.ts'
import type { ApiObject, DeleteOptions, NewObject } from './api.ts'
import { recordManager } from './apply/managed-fields.ts'
import { finalizersAfterDelete, graceOf, hasSpecFinalizers } from './deletion.ts'
import { clone, isObject, type JsonObject } from './json.ts'
import { bucketOf, groupVersion, type Kind, type ServedKinds, type StrategyContext } from './kinds/kind.ts'
import { generatedName, keyOf } from './names.ts'
import { keepSystemMetadata, nextGeneration, unchanged } from './object-changes.ts'
import { checkDeletePreconditions, checkPreconditions } from './preconditions.ts'
import { alreadyExists, badRequest, forbidden, invalid, notFound, StatusError } from './status.ts'
import { validateMetadata, validateMetadataUpdate } from './validation/metadata.ts'
import { inWireOrder } from './wire-order.ts'
import type { WriteRequest } from './write-request.ts'

export class Writer {
  readonly #registry: ServedKinds

  constructor(registry: ServedKinds) {
    this.#registry = registry
  }

  internalRequest(kind: Kind, fieldManager?: string): WriteRequest {
    return {
      version: kind.version,
      subresource: '',
      fieldManager,
      dryRun: false,
      internal: true,
      warnings: [],
    }
  }

  strategyContext(request: WriteRequest): StrategyContext {
    return {
      registry: this.#registry,
      now: this.#registry.clock.now(),
      dryRun: request.dryRun,
      internal: request.internal,
      subresource: request.subresource,
      ...(request.user ? { user: request.user } : {}),
      warnings: request.warnings,
    }
  }

  create(kind: Kind, namespace: string | undefined, input: NewObject, request: WriteRequest): ApiObject {
    const context = this.strategyContext(request)
    let object: JsonObject & NewObject = {
      ...input,
      apiVersion: groupVersion(kind.group, kind.version),
      kind: kind.kind,
    }
    this.#newMetadata(kind, namespace, object, context)
    if (kind.status && !request.internal) clearStatus(kind, object)
    kind.defaults?.(object)
    if (kind.generation) object.metadata.generation = 1
    kind.prepareCreate?.(object, context)
    const admission = this.#admissionRequest(kind, 'CREATE', object, undefined, request)
    this.#requireNamespace(kind, object.metadata, request)
    object = runAdmission.mutate(this.#registry, admission, request)
    kind.defaults?.(object)
    const candidate = object as ApiObject
    kind.authorizeWrite?.(candidate, undefined, context)
    this.#throwIfInvalid(kind, candidate, [
      ...validateMetadata(kind, candidate),
      ...(kind.validate?.(candidate, context) ?? []),
    ])
    kind.allocate?.(candidate, undefined, context)
    request.warnings.push(...(kind.warnings?.(candidate, undefined) ?? []))
    runAdmission.validate(this.#registry, { ...admission, object: candidate }, request)
    if (!request.managedFieldsDone) recordManager(kind, candidate, undefined, request, context.now)
    const key = keyOf(candidate.metadata.namespace, candidate.metadata.name)
    const existing = this.#registry.store.bucket(bucketOf(kind)).get(key)
    if (existing) throw exists(kind, existing)
    if (request.dryRun) return inWireOrder(kind, candidate)
    return this.#registry.store.put(bucketOf(kind), key, inWireOrder(kind, candidate))
  }

  /** `change` gets a copy of the current object and answers what the writer wants stored. */
  update(
    kind: Kind,
    namespace: string | undefined,
    name: string,
    change: (current: ApiObject) => ApiObject,
    request: WriteRequest,
  ): ApiObject {
    const old = this.#registry.get(kind, namespace, name)
    if (!old) throw notFound(kind.group, kind.plural, name)
    const context = this.strategyContext(request)
    let object = change(clone(old))
    checkPreconditions(kind, object, old, request)
    object.apiVersion = old.apiVersion
    object.kind = old.kind
    keepSystemMetadata(object, old)
    kind.defaults?.(object)
    object = this.#keepOtherParts(kind, object, old, request)
    kind.prepareUpdate?.(object, old, context)
    if (kind.generation) object.metadata.generation = nextGeneration(kind, object, old, request)
    const admission = this.#admissionRequest(kind, 'UPDATE', object, old, request)
    if (request.subresource === '') {
      object = runAdmission.mutate(this.#registry, admission, request) as ApiObject
      kind.defaults?.(object)
    }
    kind.authorizeWrite?.(object, old, context)
    this.#throwIfInvalid(kind, object, [
      ...validateMetadataUpdate(kind, object, old),
      ...(kind.validateUpdate?.(object, old, context) ?? kind.validate?.(object, context) ?? []),
    ])
    kind.allocate?.(object, old, context)
    if (request.subresource === '') {
      request.warnings.push(...(kind.warnings?.(object, old) ?? []))
      runAdmission.validate(this.#registry, { ...admission, object }, request)
    }
    if (!request.managedFieldsDone) recordManager(kind, object, old, request, context.now)
    if (unchanged(object, old)) return old
    if (request.dryRun) return object
    return this.#storeUpdate(kind, object, old)
  }

  /** The object that DELETE answers: undefined when it is gone, the object when it lingers (finalizers, grace). */
  delete(
    kind: Kind,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions,
    request: WriteRequest,
  ): { object: ApiObject; gone: boolean } {
    const old = this.#registry.get(kind, namespace, name)
    if (!old) throw notFound(kind.group, kind.plural, name)
    checkDeletePreconditions(kind, old, options)
    runAdmission.validate(this.#registry, this.#admissionRequest(kind, 'DELETE', old, old, request), request)
    const context = this.strategyContext(request)
    const finalizers = finalizersAfterDelete(old, options)
    const graceSeconds = graceOf(kind, old, options)
    const lingers = finalizers.length > 0 || graceSeconds > 0 || hasSpecFinalizers(kind, old)
    if (!lingers) {
      if (!request.dryRun) this.#remove(kind, old)
      return { object: old, gone: true }
    }
    const object = clone(old)
    const { metadata } = object
    if (finalizers.length > 0) metadata.finalizers = finalizers
    else delete metadata.finalizers
    const alreadyDeleting = metadata.deletionTimestamp !== undefined
    if (!alreadyDeleting || graceSeconds < (metadata.deletionGracePeriodSeconds ?? 0)) {
      metadata.deletionTimestamp = rfc3339(context.now + graceSeconds * 1000)
      metadata.deletionGracePeriodSeconds = graceSeconds
      if (kind.generation && !alreadyDeleting) metadata.generation = (metadata.generation ?? 0) + 1
    }
    if (kind.plural === 'namespaces' && kind.group === '') {
      object.status = { ...(isObject(object.status) ? object.status : {}), phase: 'Terminating' }
      delete metadata.deletionGracePeriodSeconds
    }
    if (unchanged(object, old)) return { object: old, gone: false }
    if (request.dryRun) return { object, gone: false }
    return {
      object: this.#registry.store.put(bucketOf(kind), keyOf(metadata.namespace, name), object),
      gone: false,
    }
  }

  #storeUpdate(kind: Kind, object: ApiObject, old: ApiObject): ApiObject {
    const { metadata } = object
    const finished =
      metadata.deletionTimestamp !== undefined &&
      (metadata.finalizers ?? []).length === 0 &&
      !hasSpecFinalizers(kind, object) &&
      (!kind.graceful || (metadata.deletionGracePeriodSeconds ?? 0) === 0)
    if (finished) {
      this.#remove(kind, old)
      return object
    }
    return this.#registry.store.put(
      bucketOf(kind),
      keyOf(metadata.namespace, metadata.name),
      inWireOrder(kind, object),
    )
  }

  #remove(kind: Kind, old: ApiObject): void {
    this.#registry.store.delete(bucketOf(kind), keyOf(old.metadata.namespace, old.metadata.name))
  }

  #newMetadata(kind: Kind, namespace: string | undefined, object: NewObject, context: StrategyContext): void {
    const metadata = { ...object.metadata }
    if (kind.namespaced) metadata.namespace = namespace ?? metadata.namespace
    else delete metadata.namespace
    if (!metadata.name && metadata.generateName) metadata.name = generatedName(metadata.generateName)
    if (metadata.resourceVersion && !context.internal) {
      throw badRequest('resourceVersion should not be set on objects to be created')
    }
    delete metadata.resourceVersion
    delete metadata.deletionTimestamp
    delete metadata.deletionGracePeriodSeconds
    delete metadata.generation
    metadata.uid = randomUUID()
    metadata.creationTimestamp = rfc3339(context.now)
    object.metadata = metadata
  }

  #requireNamespace(
    kind: Kind,
    metadata: { namespace?: string; name?: string },
    request: WriteRequest,
  ): void {
    if (!kind.namespaced || !metadata.namespace) return
    const namespaces = this.#registry.kind('', 'namespaces')
    if (!namespaces) return
    const namespace = this.#registry.get(namespaces, undefined, metadata.namespace)
    if (!namespace) {
      // Parts of the cluster may be started before the namespaces they write to.
      if (request.internal) return
      throw notFound('', 'namespaces', metadata.namespace)
    }
    if (namespace.metadata.deletionTimestamp === undefined) return
    const refusal = forbidden(
      kind.group,
      kind.plural,
      metadata.name ?? '',
      `unable to create new content in namespace ${metadata.namespace} because it is being terminated`,
    )
    throw new StatusError(refusal.code, refusal.reason, refusal.message, {
      ...refusal.details,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${metadata.namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    })
  }

  /** A status write keeps everything else, a main write keeps the status. */
  #keepOtherParts(kind: Kind, object: ApiObject, old: ApiObject, request: WriteRequest): ApiObject {
    if (request.subresource === 'status') {
      const kept: ApiObject = { ...clone(old), metadata: kind.custom ? clone(old.metadata) : object.metadata }
      if (object.metadata.managedFields) kept.metadata.managedFields = object.metadata.managedFields
      if (object.status === undefined) delete kept.status
      else kept.status = object.status
      return kept
    }
    if (request.subresource !== '' && kind.writePart) return kind.writePart(request.subresource, object, old)
    if (!kind.status) return object
    if (old.status === undefined) delete object.status
    else object.status = clone(old.status)
    return object
  }

  #admissionRequest(
    kind: Kind,
    operation: AdmissionRequest['operation'],
    object: NewObject,
    oldObject: ApiObject | undefined,
    request: WriteRequest,
  ): AdmissionRequest {
    const namespace = object.metadata.namespace
    const namespaces = namespace ? this.#registry.kind('', 'namespaces') : undefined
    const owner = namespaces && this.#registry.get(namespaces, undefined, namespace ?? '')
    return {
      operation,
      resource: { group: kind.group, resource: kind.plural },
      namespace,
      dryRun: request.dryRun,
      object,
      oldObject,
      namespaceLabels: owner?.metadata.labels ?? {},
    }
  }

  #throwIfInvalid(kind: Kind, object: ApiObject, causes: Parameters<typeof invalid>[3]): void {
    if (causes.length > 0) throw invalid(kind.group, kind.kind, object.metadata.name ?? '', causes)
  }
}

function exists(kind: Kind, existing: ApiObject): StatusError {
  const error = alreadyExists(kind.group, kind.plural, existing.metadata.name)
  if (existing.metadata.deletionTimestamp === undefined) return error
  return new StatusError(error.code, error.reason, `object is being deleted: ${error.message}`, error.details)
}

function clearStatus(kind: Kind, object: JsonObject): void {
  if (kind.custom) delete object.status
  else if (object.status !== undefined) object.status = {}
}
