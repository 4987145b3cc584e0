"""Long work in child processes: supervisor, child, messages. No Qt, no torch."""

from medstation.jobs.desk import Desk
from medstation.jobs.job import Job
from medstation.jobs.messages import Done, Failed, Message, Progressed, Reported
from medstation.jobs.pool import Pool
from medstation.jobs.porter import Porter
from medstation.jobs.seal import Seal, seal_network

__all__ = [
    "Desk", "Done", "Failed", "Job", "Message", "Pool", "Porter", "Progressed", "Reported", "Seal", "seal_network",
]  # fmt: skip
