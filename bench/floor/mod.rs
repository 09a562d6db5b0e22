//! The server that does nothing: it takes RocketMQ's frames apart and answers them, and stores
//! nothing. What it reaches is the roofline of any broker that is driven by the same load.
//!
//! It reads frames, headers and fields with the broker's own code and writes its answers with it,
//! so that a broker can be no better at that. Two ways to serve: [`ring`] is RingMQ's runtime and
//! its connections on every core, which is what a RingMQ without a store would be; [`epoll`] is one
//! thread that shares no code with them below the frames, to judge the runtime itself.
//!
//! A send is answered with the next position of its queue, a pull with as many copies of one
//! message of the last length sent as the queue would hold, an offset query with the queue's end, a
//! route query with this server, everything else with code 0.

mod answers;
pub mod epoll;
pub mod ring;
