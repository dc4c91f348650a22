"""AWS on loopback: a moto server plus the few parts that moto lacks.

The sandbox refuses what AWS would refuse. It also refuses what it does not support
(`SandboxCannot`). It listens on 127.0.0.1 only. There is one sandbox per process, because moto
keeps its state in module globals. Start it with `sandbox.server.Sandbox`.
"""
