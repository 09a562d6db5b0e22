mod answers;
pub mod broker;
mod files;
mod filters;
pub mod golden;
mod groups_online;
mod hostile;
mod name_servers;
pub mod peers;
