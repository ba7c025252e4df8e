// SwiftNIOPeer PORT: one event loop; an upgrade makes a subscriber, a POST broadcasts.
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

private func upgrader(to hub: Hub) -> NIOWebSocketServerUpgrader {
  NIOWebSocketServerUpgrader(
    shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
    upgradePipelineHandler: { channel, _ in
      channel.eventLoop.makeCompletedFuture {
        let pipeline = channel.pipeline.syncOperations
        let bookings = try pipeline.handler(type: Bookings.self)
        pipeline.removeHandler(bookings).whenFailure { _ in channel.close(promise: nil) }
        try pipeline.addHandler(Subscriber(hub: hub), position: .first)
        try pipeline.addHandler(ControlFrames())
      }
    })
}

private func listen(port: Int) throws -> any Channel {
  let hub = Hub()
  return try ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
    .serverChannelOption(.backlog, value: 4096)
    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
    .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
    .childChannelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.configureHTTPServerPipeline(
          withServerUpgrade: (upgraders: [upgrader(to: hub)], completionHandler: { _ in }))
        try pipeline.addHandler(Bookings(hub: hub))
      }
    }
    .bind(host: "127.0.0.1", port: port).wait()
}

guard CommandLine.arguments.count == 2, let port = Int(CommandLine.arguments[1]) else {
  FileHandle.standardError.write(Data("usage: SwiftNIOPeer PORT\n".utf8))
  exit(64)
}
let server = try listen(port: port)
let bound = server.localAddress?.port ?? port
FileHandle.standardOutput.write(Data("swift-nio listening on http://127.0.0.1:\(bound)\n".utf8))
try server.closeFuture.wait()
