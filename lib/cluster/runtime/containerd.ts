import type { Json, Random } from '@/lib/base';
import type { Transport } from '../api';
import type { Disk, Entry, Kernel } from '../kernel';
import type { Machine, MachineUnit } from '../machine';
import type { Network, NetworkNamespace } from '../network/types';
import { ContainerFiles } from './container-files';
import type {
  Container,
  ContainerConfig,
  ContainerRuntime,
  ContainerStats,
  ContainerView,
  ExecOptions,
  ExecProcess,
  Image,
  ImageRegistry,
  PodSandbox,
  PodSandboxConfig,
} from './cri';
import { CriError } from './cri-error';
import { canonicalName, parseImageName, repositoryName } from './image-name';
import { Ipam } from './ipam';
import { statsOf } from './stats';
import type { RuntimeLatency } from './latency';
import { ContainerLog, removeLog, type LogEntry } from './logs';
import { PodNamespace } from './pod-namespace';
import { scriptCommand } from './script-command';
import { Process, type ListeningNamespace, type ProcessImage } from './process';
import type { Daemon, DaemonContext, Files, ImageDefinition, ProcessEntry, Program, Signal } from './program';

export interface ContainerdOptions {
  readonly network: Network;
  readonly registry: ImageRegistry;
  readonly latency: RuntimeLatency;
  /** The machine's own namespace, which hostNetwork Pods share. */
  readonly host: ListeningNamespace;
  /** How a component in a container reaches the API server: as the kubeconfig at `kubeconfigPath` says, or as its service account without one. */
  readonly connect: (
    from: { readonly namespace: NetworkNamespace; readonly files: Files; readonly env: Readonly<Record<string, string>> },
    kubeconfigPath?: string,
  ) => Transport;
  /** Images that are on the node from the start, as in kubeadm's node image. */
  readonly preloaded?: readonly string[];
}

const root = '/var/lib/containerd';
const tasks = '/run/containerd/tasks';
const bootPath = '/run/containerd/boot-id';
/** Since when this boot is, and what the containers that ended in it used. */
const spentPath = '/run/containerd/spent';

/** What runs in a container: a program's process, or a component of Kubernetes with memory of its own. */
type Task = { readonly type: 'program'; readonly process: Process } | { readonly type: 'daemon'; readonly stop: () => void };

/**
 * containerd on one machine: images, Pod sandboxes, containers and their processes. What there is, is on the disk; what runs is
 * memory, and goes on from the disk after a restore. After a crash (another boot id) every container is dead.
 */
export class Containerd implements ContainerRuntime {
  readonly version = 'containerd://2.1.9';
  readonly latency: RuntimeLatency;
  readonly #options: ContainerdOptions;
  readonly #machine: Machine;
  readonly #disk: Disk;
  readonly #kernel: Kernel;
  readonly #ipam: Ipam;
  readonly #random: Random;
  readonly #sandboxes = new Map<string, PodSandbox>();
  readonly #containers = new Map<string, Container>();
  readonly #namespaces = new Map<string, ListeningNamespace>();
  readonly #tasks = new Map<string, Task>();
  readonly #execs = new Map<string, Set<Process>>();
  readonly #logs = new Map<string, ContainerLog>();
  readonly #kills = new Map<string, Entry>();
  readonly #definitions = new Map<string, ImageDefinition>();
  readonly #exitListeners = new Set<(container: Container) => void>();
  readonly #logListeners = new Map<string, Set<(entry: LogEntry) => void>>();
  #isServing = false;
  #lastPid = 0;

  constructor(machine: Machine, options: ContainerdOptions) {
    this.#machine = machine;
    this.#disk = machine.disk;
    this.#kernel = machine.kernel;
    this.#options = options;
    this.latency = options.latency;
    this.#ipam = new Ipam(machine.disk);
    this.#random = machine.kernel.random.fork(`containerd/${machine.name}/${machine.kernel.now}/${machine.kernel.takeSerial()}`);
  }

  // --- the unit -------------------------------------------------------------------------------------------------

  /** Called when the daemon starts: the first time, after a crash, after a restore, or after `systemctl restart`, which leaves processes alone. */
  serve(): void {
    this.#isServing = true;
    if (this.#containers.size > 0 || this.#sandboxes.size > 0) return;
    this.#preload();
    this.#load();
    const isSameBoot = this.#disk.get(bootPath) === this.#machine.bootId;
    if (!isSameBoot) {
      this.#buryAll();
      this.#disk.set(spentPath, { bootedAt: this.#kernel.now, cpuNanoseconds: 0 });
    }
    this.#disk.set(bootPath, this.#machine.bootId);
    if (isSameBoot) this.#resumeAll();
  }

  /** The daemon stops; the processes it started live on, unless the power is off. */
  close(): void {
    this.#isServing = false;
    this.#exitListeners.clear();
    if (!this.#machine.isUp) this.#powerOff();
  }

  #powerOff(): void {
    for (const entry of this.#kills.values()) entry.cancel();
    for (const execs of this.#execs.values()) for (const process of execs) process.drop();
    for (const task of this.#tasks.values())
      if (task.type === 'program') task.process.drop();
      else task.stop();
    for (const sandbox of this.#sandboxes.values()) if (!sandbox.hostNetwork) this.#options.network.detach(sandbox.ip, this.#machine.name);
    for (const memory of [
      this.#kills,
      this.#execs,
      this.#tasks,
      this.#namespaces,
      this.#sandboxes,
      this.#containers,
      this.#logs,
      this.#logListeners,
    ])
      memory.clear();
  }

  #load(): void {
    for (const [, sandbox] of this.#disk.list<PodSandbox>(`${root}/sandboxes/`)) this.#sandboxes.set(sandbox.id, sandbox);
    for (const [, container] of this.#disk.list<Container>(`${root}/containers/`)) this.#containers.set(container.id, container);
  }

  #preload(): void {
    for (const name of this.#options.preloaded ?? []) if (!this.findImage(name)) this.pullImage(name);
  }

  #buryAll(): void {
    for (const sandbox of this.#sandboxes.values()) if (sandbox.state === 'ready') this.#saveSandbox({ ...sandbox, state: 'notready' });
    for (const container of this.#containers.values()) {
      if (container.state !== 'exited')
        this.#saveContainer({ ...container, state: 'exited', exitCode: 255, reason: 'Unknown', finishedAt: this.#kernel.now });
      this.#disk.delete(`${tasks}/${container.id}`);
    }
  }

  #resumeAll(): void {
    for (const sandbox of this.#sandboxes.values()) if (sandbox.state === 'ready') this.#openNamespace(sandbox);
    // In the order they were started, so that what others depend on is there first.
    const running = [...this.#containers.values()].filter(({ state }) => state === 'running');
    for (const container of running.sort((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0))) this.#resume(container);
  }

  #resume(container: Container): void {
    const executable = this.#executableOf(container);
    const image = this.#disk.get<ProcessImage>(`${tasks}/${container.id}`);
    const exiting = this.#disk.get<{ exitCode: number; exitAt: number }>(`${tasks}/${container.id}`);
    if (exiting?.exitAt !== undefined) return this.#exitSoon(container.id, exiting.exitCode, exiting.exitAt);
    if (executable?.type === 'program' && image)
      this.#tasks.set(container.id, {
        type: 'program',
        process: Process.resume(this.#processOptions(container, executable.program), image),
      });
    else if (executable?.type === 'daemon') this.#startDaemon(container, executable.daemon, { isResumed: true });
    else this.#exited(container.id, 255);
  }

  #assertServing(): void {
    if (!this.#isServing)
      throw new CriError(
        'Unavailable',
        'connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory"',
      );
  }

  #record(what: string): void {
    this.#kernel.record('cri', `containerd/${this.#machine.name}`, what);
  }

  // --- the network ----------------------------------------------------------------------------------------------

  networkStatus(): { isReady: boolean; message: string } {
    this.#assertServing();
    return this.#ipam.podCidr
      ? { isReady: true, message: '' }
      : {
          isReady: false,
          message: 'NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
        };
  }

  updateRuntimeConfig({ podCidr }: { podCidr: string }): void {
    this.#assertServing();
    this.#ipam.configure(podCidr);
  }

  #openNamespace(sandbox: PodSandbox): ListeningNamespace {
    if (sandbox.hostNetwork) return this.#options.host;
    const { namespace, name, ip, dns, hosts, hostname } = sandbox;
    const opened = new PodNamespace({
      name: `pod ${namespace}/${name}`,
      ip,
      machine: this.#machine.name,
      resolver: dns,
      hosts: { ...hosts, [hostname]: ip },
    });
    this.#options.network.attach(opened);
    this.#namespaces.set(sandbox.id, opened);
    return opened;
  }

  #namespaceOf(sandbox: PodSandbox): ListeningNamespace {
    return sandbox.hostNetwork ? this.#options.host : (this.#namespaces.get(sandbox.id) ?? this.#openNamespace(sandbox));
  }

  // --- images ---------------------------------------------------------------------------------------------------

  findImage(name: string): Image | undefined {
    this.#assertServing();
    return this.#disk.get<Image & Json>(`${root}/images/${imageName(name)}`);
  }

  listImages(): readonly Image[] {
    this.#assertServing();
    return this.#disk.list<Image>(`${root}/images/`).map(([, image]) => image);
  }

  pullDurationMs(name: string): number {
    const resolveMs = this.latency.resolveMs(this.#random);
    const parsed = parseImageName(name);
    const answer = 'error' in parsed ? undefined : this.#options.registry.resolve(parsed);
    if (answer?.type !== 'found' || this.findImage(name)) return resolveMs;
    return resolveMs + this.latency.fetchMs(answer.definition.sizeBytes, this.#random);
  }

  pullImage(name: string): Image {
    this.#assertServing();
    const parsed = parseImageName(name);
    if ('error' in parsed) throw new CriError('Unknown', `failed to parse image reference ${JSON.stringify(name)}: ${parsed.error}`);
    const answer = this.#options.registry.resolve(parsed);
    if (answer.type === 'error') throw answer.error;
    const image: Image = {
      name: canonicalName(parsed),
      ref: `${repositoryName(parsed)}@${answer.digest}`,
      sizeBytes: answer.definition.sizeBytes,
    };
    this.#disk.set(`${root}/images/${image.name}`, { ...image });
    this.#record(`PullImage ${image.name}`);
    return image;
  }

  removeImage(name: string): void {
    this.#assertServing();
    this.#disk.delete(`${root}/images/${imageName(name)}`);
  }

  #definitionOf(name: string): ImageDefinition {
    const known = this.#definitions.get(name);
    if (known) return known;
    const parsed = parseImageName(name);
    const answer = 'error' in parsed ? undefined : this.#options.registry.resolve(parsed);
    if (answer?.type !== 'found') throw new CriError('NotFound', `failed to resolve image ${JSON.stringify(name)}: not found`);
    this.#definitions.set(name, answer.definition);
    return answer.definition;
  }

  // --- sandboxes ------------------------------------------------------------------------------------------------

  runPodSandbox(config: PodSandboxConfig): PodSandbox {
    this.#assertServing();
    const id = this.#random.hex(64);
    const ip = config.hostNetwork ? this.#machine.ip : this.#allocate(id);
    const sandbox: PodSandbox = { ...config, id, ip, state: 'ready', createdAt: this.#kernel.now };
    this.#saveSandbox(sandbox);
    this.#openNamespace(sandbox);
    this.#record(`RunPodSandbox ${config.namespace}/${config.name}`);
    return sandbox;
  }

  #allocate(id: string): string {
    if (!this.#ipam.podCidr)
      throw new CriError('Unknown', `failed to setup network for sandbox ${JSON.stringify(id)}: cni plugin not initialized`);
    const ip = this.#ipam.allocate(id);
    if (!ip)
      throw new CriError(
        'Unknown',
        `failed to setup network for sandbox ${JSON.stringify(id)}: plugin type="bridge" name="containerd-net" failed (add): failed to allocate for range 0: no IP addresses available in range set: ${this.#ipam.podCidr}`,
      );
    return ip;
  }

  stopPodSandbox(id: string): void {
    this.#assertServing();
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox) return;
    for (const container of this.listContainers(sandbox.podUid))
      if (container.sandboxId === id && container.state === 'running') this.#signal(container.id, 'SIGKILL');
    if (!sandbox.hostNetwork) {
      this.#options.network.detach(sandbox.ip, this.#machine.name);
      this.#ipam.release(sandbox.ip, id);
    }
    this.#namespaces.delete(id);
    if (sandbox.state === 'ready') {
      this.#saveSandbox({ ...sandbox, state: 'notready' });
      this.#record(`StopPodSandbox ${sandbox.namespace}/${sandbox.name}`);
    }
  }

  removePodSandbox(id: string): void {
    this.stopPodSandbox(id);
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox) return;
    for (const container of this.listContainers(sandbox.podUid)) if (container.sandboxId === id) this.removeContainer(container.id);
    this.#sandboxes.delete(id);
    this.#disk.delete(`${root}/sandboxes/${id}`);
  }

  listPodSandboxes(podUid?: string): readonly PodSandbox[] {
    this.#assertServing();
    const all = [...this.#sandboxes.values()];
    return podUid === undefined ? all : all.filter((sandbox) => sandbox.podUid === podUid);
  }

  #saveSandbox(sandbox: PodSandbox): void {
    this.#sandboxes.set(sandbox.id, sandbox);
    this.#disk.set(`${root}/sandboxes/${sandbox.id}`, sandbox as unknown as Json);
  }

  // --- containers -----------------------------------------------------------------------------------------------

  createContainer(sandboxId: string, config: ContainerConfig): Container {
    this.#assertServing();
    const sandbox = this.#sandboxes.get(sandboxId);
    const image = this.findImage(config.image);
    if (!sandbox) throw new CriError('NotFound', `failed to find sandbox id ${JSON.stringify(sandboxId)}: not found`);
    if (!image)
      throw new CriError(
        'NotFound',
        `failed to get image from containerd ${JSON.stringify(config.image)}: image ${JSON.stringify(config.image)}: not found`,
      );
    const container: Container = {
      ...config,
      id: this.#random.hex(64),
      sandboxId,
      podUid: sandbox.podUid,
      imageName: image.name,
      imageRef: image.ref,
      state: 'created',
      createdAt: this.#kernel.now,
    };
    if (argvOf(this.#definitionOf(image.name), container).length === 0)
      throw new CriError('Unknown', 'failed to generate container spec: no command specified');
    this.#saveContainer(container);
    this.#record(`CreateContainer ${config.name} in ${sandbox.namespace}/${sandbox.name}`);
    return container;
  }

  startContainer(id: string): Container {
    this.#assertServing();
    const container = this.#get(id);
    const executable = this.#executableOf(container);
    const [command = ''] = this.#argvOf(container);
    if (!executable) return this.#failToStart(container, whyNotExecutable(command, this.#filesOf(container)));
    this.#record(`StartContainer ${container.name}`);
    const running: Container = { ...container, state: 'running', startedAt: this.#kernel.now };
    this.#saveContainer(running);
    if (executable.type === 'daemon') this.#startDaemon(running, executable.daemon);
    else this.#startProcess(running, executable.program);
    return this.#get(id);
  }

  /** What is run: the image's or the Pod's command; a script goes to its interpreter, as execve does. */
  #argvOf(container: Container): readonly string[] {
    const argv = argvOf(this.#definitionOf(container.imageName), container);
    return scriptCommand(this.#filesOf(container), argv) ?? argv;
  }

  #executableOf(container: Container): { type: 'program'; program: Program } | { type: 'daemon'; daemon: Daemon } | undefined {
    const definition = this.#definitionOf(container.imageName);
    const [command = ''] = this.#argvOf(container);
    const path = pathOf(definition, container);
    const daemon = findProgram(definition.daemons ?? {}, command, path);
    if (daemon) return { type: 'daemon', daemon };
    const program = findProgram(definition.programs ?? {}, command, path);
    return program && { type: 'program', program };
  }

  #failToStart(container: Container, why: string): never {
    const message = `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ${why}`;
    this.#saveContainer({
      ...container,
      state: 'exited',
      exitCode: 128,
      reason: 'StartError',
      message,
      startedAt: 0,
      finishedAt: this.#kernel.now,
    });
    throw new CriError('Unknown', message);
  }

  #startProcess(container: Container, program: Program): void {
    let exitCode: number | undefined;
    let hasStarted = false;
    const process = Process.start({
      ...this.#processOptions(container, program),
      onExit: (code) => {
        if (hasStarted) this.#exited(container.id, code);
        else exitCode = code;
      },
    });
    hasStarted = true;
    if (exitCode === undefined) this.#tasks.set(container.id, { type: 'program', process });
    else this.#exitSoon(container.id, exitCode, this.#kernel.now + this.latency.exitMs);
  }

  /** A process that ended as it started is seen running first. */
  #exitSoon(id: string, exitCode: number, exitAt: number): void {
    this.#disk.set(`${tasks}/${id}`, { exitCode, exitAt });
    const run = () => this.#exited(id, exitCode);
    this.#kills.set(
      id,
      this.#kernel.schedule({
        delayMs: Math.max(0, exitAt - this.#kernel.now),
        actor: `containerd/${this.#machine.name}`,
        what: `exit ${exitCode}`,
        background: false,
        run,
      }),
    );
  }

  #processOptions(container: Container, program: Program) {
    const { id } = container;
    const sandbox = this.#sandboxOf(container);
    const definition = this.#definitionOf(container.imageName);
    return {
      kernel: this.#kernel,
      network: this.#options.network,
      namespace: this.#namespaceOf(sandbox),
      actor: `${container.name} (${sandbox.namespace}/${sandbox.name})`,
      program,
      argv: this.#argvOf(container),
      isInteractive: container.isInteractive ?? false,
      env: environmentOf(definition, container, sandbox),
      cwd: container.workingDir ?? definition.workingDir ?? '/',
      hostname: sandbox.hostname,
      files: this.#filesOf(container),
      pid: 1,
      processes: () => this.#processes(container),
      kill: (pid: number, signal: Signal) => this.#kill(id, pid, signal),
      startedAt: container.startedAt ?? this.#kernel.now,
      write: (printed: readonly { stream: 'stdout' | 'stderr'; text: string }[]) => this.#log(container, printed),
      save: (image: ProcessImage) => this.#disk.set(`${tasks}/${id}`, image as unknown as Json),
      onExit: (code: number) => this.#exited(id, code),
    };
  }

  #startDaemon(container: Container, daemon: Daemon, { isResumed } = { isResumed: false }): void {
    const { id } = container;
    let closers: (() => void)[] = [];
    let hasExited = false;
    const closeAll = () => {
      if (hasExited) return;
      hasExited = true;
      for (const close of closers) close();
      closers = [];
    };
    const context = this.#daemonContext(container, {
      exit: (code) => {
        closeAll();
        this.#kernel.schedule({
          delayMs: 0,
          actor: container.name,
          what: `exit ${code}`,
          background: false,
          run: () => this.#exited(id, code),
        });
      },
      opened: (close) => closers.push(close),
      isOver: () => hasExited,
      isResumed,
    });
    const running = daemon.start(context);
    const stop = () => {
      closeAll();
      running.stop();
    };
    this.#tasks.set(id, { type: 'daemon', stop });
  }

  #daemonContext(
    container: Container,
    life: { exit: (code: number) => void; opened: (close: () => void) => void; isOver: () => boolean; isResumed: boolean },
  ): DaemonContext {
    const sandbox = this.#sandboxOf(container);
    const definition = this.#definitionOf(container.imageName);
    const namespace = this.#namespaceOf(sandbox);
    const files = this.#filesOf(container);
    const env = environmentOf(definition, container, sandbox);
    const log = (line: string) => this.#log(container, [{ stream: 'stderr', text: `${line}\n` }]);
    const { isResumed } = life;
    const resumedAt = this.#kernel.now;
    return {
      kernel: this.#kernel,
      machine: this.#machine,
      network: this.#options.network,
      namespace,
      argv: argvOf(definition, container),
      env,
      files,
      isResumed,
      // What a start says, it said when it was started.
      log: isResumed ? (line) => void (this.#kernel.now > resumedAt && log(line)) : log,
      instance: asUuid(container.id),
      transport: (kubeconfigPath) => this.#options.connect({ namespace, files, env }, kubeconfigPath),
      listen: (port, protocol, listener) => {
        if (life.isOver()) return;
        const close = namespace.listen(port, protocol, listener);
        if (close) return life.opened(close);
        log(`listen ${protocol.toLowerCase()} 0.0.0.0:${port}: bind: address already in use`);
        life.exit(1);
      },
      exit: (code, message) => {
        if (message) log(message);
        life.exit(code);
      },
    };
  }

  stopContainer(id: string, gracePeriodMs: number): void {
    this.#assertServing();
    const container = this.#containers.get(id);
    if (container?.state !== 'running' || this.#kills.has(id)) return;
    this.#record(`StopContainer ${container.name}`);
    if (gracePeriodMs <= 0) return this.#signal(id, 'SIGKILL');
    const kill = () => this.#signal(id, 'SIGKILL');
    this.#kills.set(
      id,
      this.#kernel.schedule({
        delayMs: gracePeriodMs,
        actor: `containerd/${this.#machine.name}`,
        what: `kill ${container.name}`,
        background: false,
        run: kill,
      }),
    );
    this.#signal(id, this.#definitionOf(container.imageName).stopSignal ?? 'SIGTERM');
  }

  #signal(id: string, signal: Signal): void {
    const task = this.#tasks.get(id);
    if (task?.type === 'program') task.process.signal(signal);
    else if (task) this.#exited(id, signal === 'SIGKILL' ? 137 : 0);
  }

  #processes(container: Container): readonly ProcessEntry[] {
    const execs = [...(this.#execs.get(container.id) ?? [])].filter((process) => !process.hasEnded);
    return [{ pid: 1, argv: this.#argvOf(container) }, ...execs.map(({ pid, argv }) => ({ pid, argv }))];
  }

  /** A process signals another; it takes effect when the sender has come to a rest. */
  #kill(id: string, pid: number, signal: Signal): boolean {
    const target = pid === 1 ? undefined : [...(this.#execs.get(id) ?? [])].find((process) => process.pid === pid && !process.hasEnded);
    if (pid !== 1 && !target) return false;
    const run = () => (target ? target.signal(signal) : signal === 'SIGKILL' ? undefined : this.#signal(id, signal));
    this.#kernel.schedule({ delayMs: 0, actor: `containerd/${this.#machine.name}`, what: `${signal} to process ${pid}`, run });
    return true;
  }

  #exited(id: string, exitCode: number): void {
    const container = this.#containers.get(id);
    if (container?.state !== 'running') return;
    const task = this.#tasks.get(id);
    const { bootedAt, cpuNanoseconds } = this.spent();
    this.#disk.set(spentPath, { bootedAt, cpuNanoseconds: cpuNanoseconds + this.#statsOf(container).cpuNanoseconds });
    this.#tasks.delete(id);
    if (task?.type === 'daemon') task.stop();
    this.#kills.get(id)?.cancel();
    this.#kills.delete(id);
    for (const process of this.#execs.get(id) ?? []) process.signal('SIGKILL');
    this.#disk.delete(`${tasks}/${id}`);
    const exited: Container = {
      ...container,
      state: 'exited',
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      finishedAt: this.#kernel.now,
    };
    this.#saveContainer(exited);
    this.#record(`${container.name} exited with ${exitCode}`);
    for (const listener of [...this.#exitListeners]) listener(exited);
  }

  removeContainer(id: string): void {
    this.#assertServing();
    const container = this.#containers.get(id);
    if (!container) return;
    if (container.state === 'running') this.#signal(id, 'SIGKILL');
    removeLog(this.#disk, container.logPath);
    for (const [path] of this.#disk.list(`${root}/snapshots/${id}/`)) this.#disk.delete(path);
    this.#logs.delete(id);
    this.#containers.delete(id);
    this.#disk.delete(`${root}/containers/${id}`);
  }

  listContainers(podUid?: string): readonly Container[] {
    this.#assertServing();
    const all = [...this.#containers.values()];
    return podUid === undefined ? all : all.filter((container) => container.podUid === podUid);
  }

  findContainer(id: string): Container | undefined {
    this.#assertServing();
    return this.#containers.get(id);
  }

  view(id: string): ContainerView {
    this.#assertServing();
    const container = this.#get(id);
    const sandbox = this.#sandboxOf(container);
    const image = this.#definitionOf(container.imageName);
    return {
      container,
      sandbox,
      image,
      argv: argvOf(image, container),
      env: environmentOf(image, container, sandbox),
      cwd: container.workingDir ?? image.workingDir ?? '/',
      files: this.#filesOf(container),
      namespace: this.#namespaceOf(sandbox),
    };
  }

  stats(id: string): ContainerStats {
    this.#assertServing();
    return this.#statsOf(this.#get(id));
  }

  #statsOf(container: Container): ContainerStats {
    const task = this.#tasks.get(container.id);
    return statsOf({
      footprint: this.#definitionOf(container.imageName).footprint,
      runsForMs: this.#kernel.now - (container.startedAt ?? this.#kernel.now),
      process: task?.type === 'program' ? task.process : undefined,
    });
  }

  spent(): { bootedAt: number; cpuNanoseconds: number } {
    return this.#disk.get<{ bootedAt: number; cpuNanoseconds: number }>(spentPath) ?? { bootedAt: 0, cpuNanoseconds: 0 };
  }

  exec(id: string, { argv, stdin, write, onExit }: ExecOptions): ExecProcess {
    this.#assertServing();
    const container = this.#get(id);
    if (container.state !== 'running')
      throw new CriError('Unknown', `failed to exec in container: container is in CONTAINER_${container.state.toUpperCase()} state`);
    const definition = this.#definitionOf(container.imageName);
    const files = this.#filesOf(container);
    const command = (scriptCommand(files, argv) ?? argv)[0] ?? '';
    const program = findProgram(definition.programs ?? {}, command, pathOf(definition, container));
    if (!program)
      throw new CriError(
        'Unknown',
        `failed to exec in container: failed to start exec ${JSON.stringify(this.#random.hex(64))}: OCI runtime exec failed: exec failed: unable to start container process: ${whyNotExecutable(command, files)}`,
      );
    const execs = this.#execs.get(id) ?? new Set<Process>();
    this.#execs.set(id, execs);
    let isRunning = true;
    const process = Process.start({
      ...this.#processOptions(container, program),
      argv: scriptCommand(files, argv) ?? argv,
      isInteractive: false,
      pid: (this.#lastPid += 7),
      startedAt: this.#kernel.now,
      save: () => {},
      write: (printed) => {
        for (const { stream, text } of printed) write(stream, text);
      },
      ...(stdin === undefined ? {} : { stdin }),
      onExit: (code) => {
        isRunning = false;
        onExit(code);
      },
    });
    for (const one of execs) if (one.hasEnded) execs.delete(one);
    if (isRunning) execs.add(process);
    return { signal: (signal) => process.signal(signal) };
  }

  endProcess(id: string, exitCode: number): void {
    this.#assertServing();
    const task = this.#tasks.get(id);
    if (task?.type === 'program') task.process.drop();
    this.#exited(id, exitCode);
  }

  onContainerExit(listener: (container: Container) => void): () => void {
    this.#exitListeners.add(listener);
    return () => this.#exitListeners.delete(listener);
  }

  onLog(id: string, listener: (entry: LogEntry) => void): () => void {
    const listeners = this.#logListeners.get(id) ?? new Set();
    this.#logListeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#logListeners.delete(id);
    };
  }

  #log(container: Container, printed: readonly { readonly stream: 'stdout' | 'stderr'; readonly text: string }[]): void {
    let log = this.#logs.get(container.id);
    if (!log) this.#logs.set(container.id, (log = new ContainerLog(this.#disk, container.logPath)));
    const written = log.write(this.#kernel.now, printed);
    for (const listener of [...(this.#logListeners.get(container.id) ?? [])]) for (const entry of written) listener(entry);
  }

  #filesOf(container: Container): ContainerFiles {
    const { mounts, isReadonly = false } = container;
    return new ContainerFiles({
      disk: this.#disk,
      layer: layerOf(this.#definitionOf(container.imageName)),
      generated: generatedFiles(this.#sandboxOf(container)),
      writable: `${root}/snapshots/${container.id}`,
      mounts,
      isReadonly,
    });
  }

  #sandboxOf(container: Container): PodSandbox {
    const sandbox = this.#sandboxes.get(container.sandboxId);
    if (!sandbox) throw new CriError('NotFound', `failed to find sandbox id ${JSON.stringify(container.sandboxId)}: not found`);
    return sandbox;
  }

  #get(id: string): Container {
    const container = this.#containers.get(id);
    if (!container) throw new CriError('NotFound', `an error occurred when try to find container ${JSON.stringify(id)}: not found`);
    return container;
  }

  #saveContainer(container: Container): void {
    this.#containers.set(container.id, container);
    this.#disk.set(`${root}/containers/${container.id}`, container as unknown as Json);
  }
}

/** containerd as a unit of its machine, and the way to it for what else runs there. */
export function createContainerd(options: ContainerdOptions | ((machine: Machine) => ContainerdOptions)): {
  unit: MachineUnit;
  connect(machine: Machine): ContainerRuntime;
} {
  const instances = new WeakMap<Machine, Containerd>();
  const connect = (machine: Machine) => {
    let instance = instances.get(machine);
    if (!instance) instances.set(machine, (instance = new Containerd(machine, typeof options === 'function' ? options(machine) : options)));
    return instance;
  };
  const start = (machine: Machine) => {
    const instance = connect(machine);
    instance.serve();
    return { stop: () => instance.close() };
  };
  return { unit: { name: 'containerd', start }, connect };
}

const layers = new WeakMap<ImageDefinition, Readonly<Record<string, string>>>();

/** An image's files, its executables among them. */
function layerOf(image: ImageDefinition): Readonly<Record<string, string>> {
  const known = layers.get(image);
  if (known) return known;
  const executables = [...Object.keys(image.programs ?? {}), ...Object.keys(image.daemons ?? {})];
  const layer = { ...Object.fromEntries(executables.map((path) => [path, '\u007fELF'])), ...image.files };
  layers.set(image, layer);
  return layer;
}

const generated = new WeakMap<PodSandbox, Readonly<Record<string, string>>>();

/** The files the kubelet and the runtime make for every container of a sandbox. */
function generatedFiles(sandbox: PodSandbox): Readonly<Record<string, string>> {
  const known = generated.get(sandbox);
  if (known) return known;
  const { hostname, ip, hosts, dns } = sandbox;
  const aliases = Object.entries(hosts)
    .map(([name, address]) => `${address}\t${name}\n`)
    .join('');
  const files = {
    '/etc/hostname': `${hostname}\n`,
    '/etc/hosts': `# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n${ip}\t${hostname}\n${aliases ? `\n# Entries added by HostAliases.\n${aliases}` : ''}`,
    '/etc/resolv.conf': `${dns.search.length ? `search ${dns.search.join(' ')}\n` : ''}${dns.nameservers.map((server) => `nameserver ${server}\n`).join('')}${dns.ndots === 1 ? '' : `options ndots:${dns.ndots}\n`}`,
  };
  generated.set(sandbox, files);
  return files;
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The first digits of a container's id, in the form leaders sign with. */
function asUuid(id: string): string {
  return [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20, 32)].join('-');
}

function imageName(name: string): string {
  const parsed = parseImageName(name);
  return 'error' in parsed ? name : canonicalName(parsed);
}

/** What is executed: the Pod's command and args in place of the image's (`command` drops the image's cmd too). */
function argvOf(image: ImageDefinition, { command, args }: ContainerConfig): readonly string[] {
  if (command.length > 0) return [...command, ...args];
  return [...(image.entrypoint ?? []), ...(args.length > 0 ? args : (image.cmd ?? []))];
}

function environmentOf(image: ImageDefinition, container: ContainerConfig, sandbox: PodSandboxConfig): Readonly<Record<string, string>> {
  return {
    PATH: defaultPath,
    HOSTNAME: sandbox.hostname,
    ...image.env,
    ...container.env,
    HOME: container.env.HOME ?? image.env?.HOME ?? '/root',
  };
}

function pathOf(image: ImageDefinition, container: ContainerConfig): string {
  return container.env.PATH ?? image.env?.PATH ?? defaultPath;
}

/** execvp: a name without a slash is looked for along PATH. */
export function findProgram<T>(programs: Readonly<Record<string, T>>, command: string, path: string): T | undefined {
  if (command.includes('/')) return programs[command];
  for (const directory of path.split(':')) {
    const found = programs[`${directory}/${command}`];
    if (found) return found;
  }
  return undefined;
}

function whyNotExecutable(command: string, files: Files): string {
  const quoted = JSON.stringify(command);
  if (!command.includes('/')) return `exec: ${quoted}: executable file not found in $PATH`;
  return files.exists(command) ? `exec: ${quoted}: permission denied` : `exec: ${quoted}: stat ${command}: no such file or directory`;
}
