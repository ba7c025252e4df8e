// Plain HTTP: a POST makes a booking once its body has come, and is answered with 201.
import NIOCore
import NIOHTTP1

final class Bookings: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let hub: Hub
  private var isPost = false

  init(hub: Hub) { self.hub = hub }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): isPost = head.method == .POST
    case .body: break
    case .end:
      if isPost {
        answer(.created, #"{"seq":\#(hub.book())}"#, context)
      } else {
        answer(.notFound, "{}", context)
      }
    }
  }

  private func answer(_ status: HTTPResponseStatus, _ body: String, _ context: ChannelHandlerContext) {
    let headers: HTTPHeaders = [
      "Content-Type": "application/json", "Content-Length": String(body.utf8.count),
    ]
    let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
