// The two handlers of a WebSocket connection. Subscriber stands at the socket's end of the pipeline, so that
// a frame that is encoded already passes no other handler; ControlFrames answers pings and closes.
import NIOCore
import NIOWebSocket

final class Subscriber: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Where the hub keeps it; nil: nowhere.
  var place: Int?
  private let hub: Hub
  private var context: ChannelHandlerContext?

  init(hub: Hub) { self.hub = hub }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    hub.add(self)
    send(hub.welcome())
  }

  func channelInactive(context: ChannelHandlerContext) {
    leave()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { leave() }

  func send(_ frame: ByteBuffer) { context?.writeAndFlush(wrapOutboundOut(frame), promise: nil) }

  private func leave() {
    context = nil
    hub.remove(self)
  }
}

final class ControlFrames: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    switch frame.opcode {
    case .ping:
      let pong = WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)
      context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
    case .connectionClose:
      let answer = WebSocketFrame(fin: true, opcode: .connectionClose, data: frame.unmaskedData)
      context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
      context.close(promise: nil)
    default:
      break
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
